"""Steps of recipes that ask a model: let in, held for, charged and refused like calls over HTTP.

ids: EC-21, EC-25, EC-27
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tests.builders.gateway import gateway_workspace, lines
from tests.gateway.upstream import Says, Upstream, upstream
from tests.rooms.workflow.test_plan import recipe, step
from tiebeam.app import App, open_app
from tiebeam.economics.tables import usage_charge
from tiebeam.spec import COMPLETE, Effect, EscalationRule, Step
from tiebeam.workflow.runs import RunState, RunView, insert_run, pin_recipe, run_view

INTENT = "sales.enquiries"
RULES = (EscalationRule(id="anything", when="problem.kind != 'none'", handoff="test.help"),)
HELP = lines(
    title="A step needs help",
    when="A model gave no answer.",
    to_role="controller",
    audit_owner="controller",
    context=["problem"],
    verbs=["approve", "reject"],
    instructions="Remove the cause, then approve.",
    due_hours=8,
)
WORK = (
    lines(
        title="Answering enquiries",
        domain="sales",
        outcome="Every letter gets an answer.",
        tier="core-build",
        effort="M",
        patterns=["classification"],
        value_vectors=["financial-ops"],
        owner_role="controller",
        impacted_roles=["controller"],
        accepted_when="The letter was answered.",
        baseline_minutes_per_unit=5,
        why_it_stalls=["Nobody reads them."],
    )
    + '\n[[context]]\nname = "letter"\ntype = "document"\nhelp = "The letter."\n'
)
MOSAIC = """name = "mosaic"
default_class = "sort"

[[task_class]]
name = "sort"
capability = "saturated-task"
models = ["small"]
output_token_cap = 50
"""


@dataclass
class Works:
    """A workspace whose runs ask a provider on this machine."""

    app: App
    far: Upstream

    def run(self, *steps: Step, **known: Any) -> RunView:
        """A run of these steps, carried as far as it goes."""
        made = recipe(*steps, escalation=RULES).model_copy(update={"intent": INTENT})
        store = self.app.store
        run_id = store.ids.new("run")
        with store.unit() as unit:
            insert_run(
                unit,
                run_id=run_id,
                recipe=made,
                recipe_hash=pin_recipe(unit, made),
                team="sales",
                subject="a letter",
                run_input={"subject": "a letter", **known},
                document_id=None,
                batch_id=None,
                actor="person:local-administrator",
            )
        return self.advance(run_id)

    def advance(self, run_id: str) -> RunView:
        self.app.interpreter.advance(run_id)
        with self.app.store.read() as conn:
            return run_view(conn, run_id)

    def charges(self) -> list[Any]:
        assert self.app.calls.meter.writer.drain(seconds=10)
        with self.app.store.read() as conn:
            return list(conn.execute(sa.select(usage_charge).order_by(usage_charge.c.seq)))

    def asked(self) -> list[dict[str, Any]]:
        return [call.asked for call in self.far.calls]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    with upstream() as far:
        records = {
            "routes/mosaic.toml": MOSAIC,
            "handoffs/test/help.toml": HELP,
            "intents/sales/enquiries.toml": WORK,
        }
        folder = tmp_path_factory.mktemp("steps") / "work"
        app = open_app(gateway_workspace(folder, port=far.port, records=records, budget="usd_per_execution = 0.05\n"))
        yield Works(app, far)
        app.close()


@pytest.fixture
def works(shop: Works) -> Works:
    shop.far.forget()
    return shop


def asking(step_id: str = "ask", **params: Any) -> Step:
    said = {"model": "small", "prompt": "Sort this: {{input.letter}}", **params}
    return step(step_id, effect=Effect.IDEMPOTENT, params=said).model_copy(update={"uses": COMPLETE})


def problem_of(view: RunView) -> str:
    assert view.item.state is RunState.WAITING
    return f"{view.steps[-1].outcome}: {view.steps[-1].summary}"


def test_a_step_asks_and_its_run_pays(works: Works) -> None:
    works.far.says = Says(input=1_000, cached=0, output=200, text="It is a complaint.")
    before = len(works.charges())
    view = works.run(asking(system="You sort letters.", max_output_tokens=300), letter="The shelf broke.")
    assert view.item.state is RunState.DONE
    (sent,) = works.asked()
    assert sent["messages"] == [
        {"role": "system", "content": "You sort letters."},
        {"role": "user", "content": "Sort this: The shelf broke."},
    ]
    assert (sent["model"], sent["max_tokens"]) == ("far-small", 300)
    (row,) = works.charges()[before:]
    # 1,000 at one dollar and 200 at four dollars a million.
    assert (row.usd_nano, row.source, row.step_id, row.execution) == (1_800_000, "step", "ask", view.item.id)
    assert (row.team, row.workflow, row.key_id, row.asked) == ("sales", INTENT, "", "small")
    with works.app.store.read() as conn:
        cost = works.app.economics.run_cost(conn, view.item.id)
    assert cost.by_step["ask"].token_usd_nano == 1_800_000
    evidence = view.steps[0].evidence["completion"]
    assert (evidence["cost_usd"], evidence["upstream"], evidence["route"]) == ("0.0018", "far", "small, as asked")


def test_the_same_admission_routes_and_caps_it(works: Works) -> None:
    works.far.says = Says(input=10, output=5)
    view = works.run(asking(model="mosaic"), letter="x")
    assert view.item.state is RunState.DONE
    assert works.asked()[0]["max_tokens"] == 50
    row = works.charges()[-1]
    assert (row.task_class, row.route) == ("mosaic/sort", "mosaic/sort: small, saturated-task, at most 50 tokens out")


def test_an_outcome_is_read_from_a_json_answer(works: Works) -> None:
    works.far.says = Says(text=json.dumps({"kind": "complaint", "sure": 0.9}))
    asked = asking(as_json=True, outcome_from="kind", outcomes=["complaint", "praise"])
    view = works.run(asked, step("thanks", after=("ask",), when="steps.ask.outcome == 'praise'"), letter="x")
    assert [one.outcome for one in view.steps] == ["complaint", "skipped"]
    assert view.steps[0].output["json"] == {"kind": "complaint", "sure": 0.9}


@pytest.mark.parametrize(
    ("text", "why"),
    [("No idea.", "is no JSON"), ("[1]", "no object"), ('{"kind": "song"}', "the step knows complaint, praise")],
)
def test_an_answer_the_step_cannot_use_goes_to_a_person(works: Works, text: str, why: str) -> None:
    works.far.says = Says(text=text)
    view = works.run(asking(as_json=True, outcome_from="kind", outcomes=["complaint", "praise"]), letter="x")
    assert problem_of(view).startswith("model_answer: ")
    assert why in problem_of(view)
    # It was paid for all the same.
    assert works.charges()[-1].usd_nano > 0


def test_a_refusal_is_a_task_for_a_person_and_approving_it_asks_again(works: Works) -> None:
    works.far.says = Says(input=10, output=5)
    view = works.run(asking(model="frontier", max_output_tokens=4_000), letter="x")
    said = problem_of(view)
    assert said.startswith("model_refused: the model was not asked")
    assert works.asked() == []
    with works.app.store.read() as conn:
        (task,) = works.app.workforce.tasks(conn, run_id=view.item.id, state="active").rows
    assert (task.role, task.title) == ("controller", "ask")
    works.app.workforce.decide(works.app.principal(), task.id, verb="approve")
    assert problem_of(works.advance(view.item.id)).startswith("model_refused")


def test_an_unknown_model_is_refused_with_those_there_are(works: Works) -> None:
    assert "there are frontier, mid, mosaic, small" in problem_of(works.run(asking(model="huge"), letter="x"))


def test_a_prompt_that_names_what_the_run_does_not_know_is_not_sent(works: Works) -> None:
    assert problem_of(works.run(asking())) == (
        "step_failed: the prompt names {{input.letter}}, and this run knows no 'letter' there (A step needs help)"
    )
    assert works.asked() == []


def test_a_provider_that_fails_is_asked_again_and_every_attempt_is_a_row(works: Works) -> None:
    works.far.says = Says(input=10, output=5, fails=1)
    before = len(works.charges())
    view = works.run(asking(), letter="x")
    assert view.item.state is RunState.DONE
    rows = works.charges()[before:]
    assert [(row.ended, row.status, row.concluded, row.usd_nano > 0) for row in rows] == [
        ("refused", 500, False, False),
        ("ok", 200, True, True),
    ]
    assert len({row.call_id for row in rows}) == 1


def test_a_provider_that_stays_away_is_a_problem_of_its_own(works: Works) -> None:
    works.far.says = Says(fails=99)
    view = works.run(asking(), letter="x")
    assert problem_of(view).startswith("model_away: the upstream 'far' answered with status 500")
    assert works.charges()[-1].concluded
    works.far.says = Says(drops=True)
    assert problem_of(works.run(asking(), letter="x")).startswith("model_away: ")


def test_nothing_stays_held_whatever_happened(works: Works) -> None:
    works.charges()
    assert sum(one.held_nano for one in works.app.calls.spending.snapshot()) == 0
    assert works.app.calls.journal.open_attempts == 0


def test_params_of_another_shape_are_named(works: Works) -> None:
    view = works.run(asking(outcomes=["a"]), letter="x")
    assert "outcome_from and outcomes go together" in problem_of(view)


def test_cost_is_exact_over_many_steps(works: Works) -> None:
    works.far.says = Says(input=7, output=3)
    view = works.run(asking("one"), asking("two"), asking("three"), letter="x")
    assert works.charges()
    with works.app.store.read() as conn:
        cost = works.app.economics.run_cost(conn, view.item.id)
    assert cost.token_usd_nano == 3 * (7 * 1_000 + 3 * 4_000)
    assert Decimal(view.steps[0].output["cost_usd"]) == Decimal("0.000019")
