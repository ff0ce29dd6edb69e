"""The rules of access, and why somebody may or may not."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from tiebeam.api.access import asks, changes
from tiebeam.api.body import Body
from tiebeam.app import App
from tiebeam.authority import VERBS
from tiebeam.http import Caller, explain
from tiebeam.kit import plain


class Question(Body):
    """`object` is kind:id, such as task:task_01…; `context` may hold reason, amount and limit."""

    person: Annotated[str | None, Field(max_length=200)] = None
    verb: Annotated[str, Field(max_length=80)]
    object: Annotated[str, Field(max_length=300)]
    context: dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=500)]] = Field(
        default_factory=dict, max_length=5
    )


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["policy"])

    @routes.get("/policy")
    def rules(caller: Caller = Depends(asks(app, "policy.view", "policy"))) -> dict[str, Any]:
        """Every rule in force, in order of precedence, with its reason in words and its Cedar text."""
        policies = caller.app.authority.policies
        return {
            "version": policies.version,
            "verbs": dict(VERBS),
            "rules": [
                {
                    "id": rule.id,
                    "effect": rule.effect,
                    "source": rule.source,
                    "because": rule.because,
                    "verbs": sorted(rule.verbs),
                    "text": rule.text,
                }
                for rule in policies.rules
            ],
        }

    @routes.post("/policy/explain")
    def why(
        question: Question, caller: Caller = Depends(changes(app, "policy.view", "policy", inside=True))
    ) -> dict[str, Any]:
        """Whether a person may (yourself when none is named), by which rule, and every fact the rules looked at."""
        told = explain(
            caller, person=question.person, verb=question.verb, named=question.object, context=question.context
        )
        return plain(told.as_json())

    return routes
