"""Places outside of the database where anchors are kept: a file, or an endpoint that takes them by HTTP."""

from tiebeam.connect.anchors.endpoint import AnchorEndpointFailed, EndpointPlace
from tiebeam.connect.anchors.file import AnchorsDiffer, FilePlace
from tiebeam.connect.anchors.place import AnchorPlace, Load

__all__ = ["AnchorEndpointFailed", "AnchorPlace", "AnchorsDiffer", "EndpointPlace", "FilePlace", "Load"]
