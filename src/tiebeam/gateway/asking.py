"""From a request's head and body to a call: whose it is, what it asks, and what it belongs to."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tiebeam.economics.admission import Call, KeyRefused, KeysUnread, OutsideKey, WrongHeader
from tiebeam.economics.keys import EXECUTION, NAME, Key, KeyRing
from tiebeam.economics.tokens import Asked

EXECUTION_HEADER = b"x-tiebeam-execution"
STEP_HEADER = b"x-tiebeam-step"
CLASS_HEADER = b"x-tiebeam-task-class"
WORKFLOW_HEADER = b"x-tiebeam-workflow"


def key_of(ring: KeyRing, headers: dict[bytes, bytes], now: int) -> Key:
    """Whose call it is. Raises KeyRefused, and KeysUnread while nothing can be said about keys."""
    secret = key_text(headers)
    key = None if secret is None else ring.find(secret, now)
    if key is not None:
        return key
    if not ring.is_loaded:
        raise KeysUnread("the keys of this workspace could not be read yet; try again in a moment")
    if secret is None:
        raise KeyRefused('the request has no key; send "Authorization: Bearer tb_k_…", or it as "x-api-key"')
    raise KeyRefused("the key opens nothing here: it is wrong, over, or was revoked; ask who made it for another")


def key_text(headers: dict[bytes, bytes]) -> bytes | None:
    """The key as OpenAI's, Azure's or Anthropic's clients send it; None where there is none."""
    given = headers.get(b"authorization")
    if given is not None and given[:7].lower() == b"bearer ":
        return given[7:].strip()
    return headers.get(b"x-api-key") or headers.get(b"api-key")


def call_of(key: Key, asked: Asked, headers: dict[bytes, bytes]) -> Call:
    """What is asked, with what our headers say of it. Raises WrongHeader and OutsideKey."""
    return Call(
        asked=asked,
        team=key.team,
        workflow=_workflow(key, headers),
        key=key,
        agent=key.agent,
        environment=key.environment,
        execution=_name(headers, EXECUTION_HEADER),
        step_id=_name(headers, STEP_HEADER),
        task_class=_name(headers, CLASS_HEADER),
    )


def with_headers(asked: Asked, headers: Iterable[tuple[bytes, bytes]]) -> Asked:
    """What is asked, with what headers that go on to the provider change about its cost."""
    if any(name == b"anthropic-beta" and b"context-" in value.lower() for name, value in headers):
        return msgspec.structs.replace(asked, has_wider_context=True)
    return asked


def _workflow(key: Key, headers: dict[bytes, bytes]) -> str:
    named = headers.get(WORKFLOW_HEADER)
    if not key.names_no_workflow:
        if named is not None and named.decode("latin-1") != key.workflow:
            raise OutsideKey(
                f"the key {key.id!r} is for the workflow {key.workflow!r}; leave out x-tiebeam-workflow, "
                "or ask for a key whose workflow is '*'",
                key=key.id,
            )
        return key.workflow
    if named is None:
        raise WrongHeader(
            f"the key {key.id!r} is for many workflows; name the one of this call in the header x-tiebeam-workflow",
            header="x-tiebeam-workflow",
        )
    return _name(headers, WORKFLOW_HEADER)


def _name(headers: dict[bytes, bytes], header: bytes) -> str:
    value = headers.get(header)
    if value is None:
        return ""
    text = value.decode("latin-1")
    pattern, most = (EXECUTION, 120) if header == EXECUTION_HEADER else (NAME, 80)
    if not pattern.fullmatch(text):
        raise WrongHeader(
            f"the header {header.decode()} is {text[:100]!r}; write 1 to {most} letters, digits and . _ / - "
            "that begin with a letter or digit",
            header=header.decode(),
        )
    return text
