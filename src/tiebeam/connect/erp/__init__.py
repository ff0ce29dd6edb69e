"""The ERP's accounts payable: post an approved invoice once, and find it again by its key."""

from tiebeam.connect.erp.http import ErpRefused, ErpUncertain, ErpUnreachable, HttpErp
from tiebeam.connect.erp.opening import open_erp
from tiebeam.connect.erp.posting import Erp, InvalidPosting, KeyReused, Posting, PostingLine, read_posting
from tiebeam.connect.erp.tables import TablesErp

__all__ = [
    "Erp",
    "ErpRefused",
    "ErpUncertain",
    "ErpUnreachable",
    "HttpErp",
    "InvalidPosting",
    "KeyReused",
    "Posting",
    "PostingLine",
    "TablesErp",
    "open_erp",
    "read_posting",
]
