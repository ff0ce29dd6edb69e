"""Rules about who sends events: what of a message they are can be worked out."""

from __future__ import annotations

from collections.abc import Iterator

from tiebeam import spec
from tiebeam.graph.problems import Problem
from tiebeam.graph.reading import Source
from tiebeam.graph.recipe_names import value_problems

_SEEN = frozenset({"body"})
_WANTED = {"event_from": "text", "key": "anything", "payload": "anything", "when": "truth", "id_from": "anything"}


def source_problems(record: spec.EventSource, source: Source) -> Iterator[Problem]:
    """Expressions that do not compile, read something else than the message, or give nothing of use."""
    for name, wanted in _WANTED.items():
        text = getattr(record, name)
        if text is not None:
            yield from value_problems(text, _SEEN, source, (name,), wanted=wanted)
