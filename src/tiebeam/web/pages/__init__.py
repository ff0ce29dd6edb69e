"""One module for each group of pages: reads of the application in, view models out."""

from starlette.routing import Route

from tiebeam.web.pages import (
    access,
    audit,
    document,
    economics,
    entering,
    finding,
    home,
    inbox,
    library,
    operating,
    operations,
    policy,
    provider,
    proving,
    run,
    runs,
    standing,
    triggers,
    uploading,
    use,
    versions,
    workflows,
)
from tiebeam.web.visit import Console

__all__ = ["page_routes"]

_GROUPS = (
    access,
    home,
    inbox,
    versions,
    operating,
    run,
    runs,
    triggers,
    workflows,
    library,
    audit,
    proving,
    operations,
    uploading,
    document,
    finding,
    policy,
    standing,
    entering,
    provider,
    *economics.GROUPS,
    *use.GROUPS,
)


def page_routes(console: Console) -> list[Route]:
    """Every page, its exports and its forms."""
    return [one for group in _GROUPS for one in group.routes(console)]
