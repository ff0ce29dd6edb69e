"""The models a key may ask for, in the form of the API that asks."""

from __future__ import annotations

from typing import Any

import msgspec

from tiebeam.economics.keys import Key
from tiebeam.economics.routing import UnknownModel
from tiebeam.gateway.telling import Form


def list_models(names: tuple[str, ...], key: Key, form: Form) -> bytes:
    """All of them; there are as many as the workspace serves."""
    return msgspec.json.encode(_list([name for name in names if key.may_ask_for(name)], form))


def show_model(names: tuple[str, ...], key: Key, form: Form, name: str) -> bytes:
    """One of them. Raises UnknownModel."""
    if name not in names or not key.may_ask_for(name):
        raise UnknownModel(f"no model is served to this key as {name[:100]!r}; list those that are with /v1/models")
    return msgspec.json.encode(_model(name, form))


def _list(names: list[str], form: Form) -> dict[str, Any]:
    models = [_model(name, form) for name in names]
    if form is Form.ANTHROPIC:
        return {
            "data": models,
            "has_more": False,
            "first_id": names[0] if names else None,
            "last_id": names[-1] if names else None,
        }
    return {"object": "list", "data": models}


def _model(name: str, form: Form) -> dict[str, Any]:
    # Neither API lets a time be left out; when a model was made is nothing a workspace states.
    if form is Form.ANTHROPIC:
        return {"type": "model", "id": name, "display_name": name, "created_at": "1970-01-01T00:00:00Z"}
    return {"id": name, "object": "model", "created": 0, "owned_by": "tiebeam"}
