"""Who a review asks and what may be answered, from the recipe to the task and back into the run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rooms.workflow.shop import Shop, output, review, states
from tests.rooms.workflow.test_plan import step
from tiebeam.errors import Refused
from tiebeam.spec import Effect
from tiebeam.workflow.runs import RunState
from tiebeam.workflow.steps import StepCall, StepResult
from tiebeam.workforce import WrongInput

# ids: WF-07, B10, B14

ANSWER = {
    "type": "object",
    "required": ["reference"],
    "properties": {"reference": {"type": "string", "pattern": "^PO-[0-9]+$"}},
}


# runtime: budibase#19358, aetheris#90
def test_the_person_named_in_the_case_is_asked_and_decides(shop: Shop) -> None:
    run_id = shop.start(review("look", person="input.owner"), given={"owner": "bob"})
    shop.advance(run_id)
    (task,) = shop.tasks(run_id)
    assert (task.claimed_by, task.role) == ("bob", "ap-analyst")
    with pytest.raises(Refused, match="claimed by 'bob'"):
        shop.decide(run_id, "approve", by="ada")
    assert shop.decide(run_id, "approve", by="bob").item.state is RunState.DONE


def test_the_role_an_expression_gives_is_asked_in_place_of_the_protocols(shop: Shop) -> None:
    route = "input.amount > 100 ? 'ap-manager' : 'ap-analyst'"
    run_id = shop.start(review("look", role=route), given={"amount": 500})
    shop.advance(run_id)
    (task,) = shop.tasks(run_id)
    assert (task.role, [holder.person_id for holder in task.people]) == ("ap-manager", ["mia"])


@pytest.mark.parametrize(
    ("named", "given", "says"),
    [
        ({"person": "input.owner"}, "bobb", "did you mean 'bob'"),
        ({"person": "input.owner"}, "zoe", "does not hold the role"),
        ({"role": "input.owner"}, "king", "no role 'king'"),
        ({"person": "input.owner"}, 7, "the id of nobody"),
    ],
)
def test_an_approver_who_cannot_be_found_is_a_problem_somebody_sees(
    shop: Shop, named: dict[str, str], given: Any, says: str
) -> None:
    run_id = shop.start(review("look", **named), given={"owner": given})
    view = shop.advance(run_id)
    assert view.item.state is RunState.WAITING
    (task,) = shop.tasks(run_id)
    assert says in task.summary
    assert task.context["problem"]["kind"] != "none"


# runtime: prefect#12279, prefect#19435
def test_wrong_answers_leave_the_run_waiting_and_the_right_one_goes_on_with_it(shop: Shop) -> None:
    """Neither is anything run again: what came before the wait came before it once."""

    def book(call: StepCall) -> StepResult:
        return StepResult("done", {"booked": call.output_of("look")["payload"]["reference"]}, "booked", {"proof": 1})

    shop.code("first", lambda _call: StepResult("done", {"n": 1}, "done", {"proof": 1}), effect=Effect.IDEMPOTENT)
    shop.code("book", book)
    run_id = shop.start(
        step("first", effect=Effect.IDEMPOTENT),
        review("look", after=("first",), answer=ANSWER),
        step("book", after=("look",)),
    )
    shop.advance(run_id)
    (task,) = shop.tasks(run_id)
    ada = shop.workforce.principal("ada")
    for wrong in ({"reference": "17"}, {"reference": 17}, {"other": "PO-17"}):
        with pytest.raises(WrongInput):
            shop.workforce.decide(ada, task.id, verb="edit", input={"changes": wrong})
        assert shop.advance(run_id).item.state is RunState.WAITING

    shop.workforce.decide(ada, task.id, verb="edit", input={"changes": {"reference": "PO-17"}})

    view = shop.advance(run_id)
    assert view.item.state is RunState.DONE, states(view)
    assert output(view, "book") == {"booked": "PO-17"}
    assert shop.calls.count("first") == 1
