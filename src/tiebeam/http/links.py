"""One-time links that sign a person in."""

from __future__ import annotations

from tiebeam.app import App
from tiebeam.authority import Obj, Principal


def make_link(app: App, principal: Principal, person_id: str, *, base_url: str) -> str:
    """A link that signs `person_id` in, once. Raises Refused and NotFound."""
    app.authority.require(principal, "person.link", Obj("person", person_id, {"person": person_id}))
    with app.store.unit() as unit:
        token = app.workforce.access.create_link(unit, person_id, by=principal)
    return f"{base_url.rstrip('/')}/sign-in?token={token}"
