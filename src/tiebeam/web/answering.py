"""What a reviewer may type, what they typed before and was refused, and why it is they who are asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tiebeam.web.payload import form_fields
from tiebeam.web.views import Fact, FormField, KeptInput
from tiebeam.web.visit import Visit
from tiebeam.web.wording import moment
from tiebeam.workforce import KeptDraft, TaskView, answer_keys

_PLACE = re.compile(r"\[(\d+)\]")
_MOST_DAYS = 6


def answer_fields(task: TaskView, kept: KeptDraft | None) -> tuple[FormField, ...]:
    """The fields of an edit with what was typed before; each wrong one says what is wrong with it."""
    typed = kept.input.get("changes") if kept is not None and kept.verb == "edit" else None
    values = {**task.payload, **(typed if isinstance(typed, Mapping) else {})}
    described = _described(task)
    fields = [_in_words(one, described.get(one.path, {})) for one in form_fields(values, answer_keys(task))]
    if kept is None:
        return tuple(fields)
    wrong = {_PLACE.sub(r".\1", path): "; ".join(said) for path, said in kept.problems.items()}
    return tuple(replace(one, problem=wrong.get(one.path, "")) for one in fields)


def kept_input(task: TaskView, kept: KeptDraft | None, fields: Sequence[FormField], visit: Visit) -> KeptInput | None:
    """What the page says about a refused answer; `problems` are those that belong to no field of the form."""
    if kept is None or not task.is_active:
        return None
    shown = {one.path for one in fields if one.problem}
    rest = tuple(text for path, said in kept.problems.items() if _PLACE.sub(r".\1", path) not in shown for text in said)
    reason = kept.input.get("comment") or kept.input.get("text") or ""
    return KeptInput(moment(kept.at, visit.zone, visit.now), rest, str(reason)[:2000])


def typed_values(task: TaskView, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Form texts as the numbers and truths a schema asks for; what is none stays text and is refused by its field."""
    described = _described(task)
    return {key: _typed(value, described.get(key, {}).get("type")) for key, value in changes.items()}


def why_you(visit: Visit, task: TaskView) -> tuple[Fact, ...]:
    """Why this reader is asked, and which days did not count towards the due time."""
    me, names = visit.principal.person_id, visit.names
    mine = next((holder for holder in task.people if holder.person_id == me), None)
    facts: list[Fact] = []
    if mine is not None and mine.on_behalf_of is not None:
        giver = visit.graph.people.get(mine.on_behalf_of)
        is_deputy = giver is not None and any(absence.deputy == me for absence in giver.absences)
        why = "is away and named you" if is_deputy else "gave you the role for these days"
        facts.append(
            Fact("Why you", f"You act for {names.person(mine.on_behalf_of)}", note=f"{task.role_title}; {why}")
        )
    elif mine is not None and task.claimed_by == me:
        facts.append(Fact("Why you", "It is yours", note=f"You hold {task.role_title}"))
    elif mine is not None:
        facts.append(Fact("Why you", f"You hold {task.role_title}"))
    if task.days_off:
        days = [f"{one.day:%a %d %b}: {one.why}" for one in task.days_off[:_MOST_DAYS]]
        more = len(task.days_off) - len(days)
        note = "; ".join(days) + (f"; {more} more" if more else "")
        facts.append(
            Fact("Not counted", f"{len(task.days_off)} days" if len(task.days_off) > 1 else "1 day", note=note)
        )
    return tuple(facts)


def _described(task: TaskView) -> Mapping[str, Mapping[str, Any]]:
    """The properties of the answer's schema that are written out."""
    found = (task.answer_schema or {}).get("properties", {})
    return {key: one for key, one in found.items() if isinstance(one, Mapping)}


def _in_words(field: FormField, said: Mapping[str, Any]) -> FormField:
    if not said:
        return field
    choices = said.get("enum")
    one_of = f"One of {', '.join(map(str, choices))}" if isinstance(choices, list) else ""
    hint = ". ".join(str(part) for part in (said.get("description"), one_of) if part)
    label = str(said.get("title") or field.label)
    is_number = field.is_number or said.get("type") in ("number", "integer")
    return replace(field, label=label, hint=hint[:300] or field.hint, is_number=is_number)


def _typed(value: Any, kind: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    if kind == "boolean" and text in {"true", "yes", "false", "no"}:
        return text in {"true", "yes"}
    if kind in ("integer", "number") and re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    if kind == "number" and re.fullmatch(r"-?\d{1,15}\.\d{1,9}", text):
        return float(text)
    return value
