"""Pictures of recipes and runs: what is repeated lies in a frame, and all of it stands beside in words.

ids: WF-15
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tests.builders.nested_recipe import HALFWAY, ORDER, view
from tiebeam.spec import Recipe
from tiebeam.web import svg
from tiebeam.web.drawing import recipe_graph, run_graph
from tiebeam.web.instances import numbered, standings, step_of
from tiebeam.web.views import StepLine
from tiebeam.workflow.runs import StepPhase

SVG = "{http://www.w3.org/2000/svg}"


def boxes(drawn: str) -> dict[str, tuple[float, float, float, float, str]]:
    """{title: (left, top, right, bottom, CSS class)} of everything that is drawn."""
    found: dict[str, tuple[float, float, float, float, str]] = {}
    text = str(drawn).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    for group in ET.fromstring(text).iter(f"{SVG}g"):
        title, rect = group.find(f"{SVG}title"), group.find(f"{SVG}rect")
        if title is not None and rect is not None and title.text is not None:
            x, y, width, height = (float(rect.get(name, "0")) for name in ("x", "y", "width", "height"))
            found[title.text.partition(":")[0]] = (x, y, x + width, y + height, rect.get("class", ""))
    return found


def test_what_is_repeated_lies_inside_its_frame_and_nothing_else_does() -> None:
    found = boxes(recipe_graph(ORDER, name="Orders").svg)
    assert set(found) == {step.title for step in ORDER.step}
    titles = {step.id: step.title for step in ORDER.step}
    for step in ORDER.step:
        for frame in ("lines", "terms"):
            outer, inner = found[titles[frame]], found[step.title]
            lies_in = outer[0] < inner[0] and outer[1] < inner[1] and inner[2] < outer[2] and inner[3] < outer[3]
            assert lies_in == (step.inside == frame), (step.id, frame)


def test_no_two_boxes_overlap() -> None:
    found = boxes(recipe_graph(ORDER, name="Orders").svg)
    leaves = [box for box in found.values() if "frame" not in box[4]]
    for place, one in enumerate(leaves):
        for other in leaves[place + 1 :]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_every_edge_runs_from_left_to_right() -> None:
    drawn = recipe_graph(ORDER, name="Orders").svg
    assert drawn.count('marker-end="url(#arrow)"') == len([1 for step in ORDER.step for _ in step.after]) + 1
    assert "until steps.reply" in drawn


def test_a_run_shows_each_step_as_its_most_urgent_instance() -> None:
    standing = standings(ORDER, HALFWAY)
    assert (standing["check"].words, standing["check"].style) == ("3 done", "done")
    assert (standing["settle"].words, standing["settle"].style) == ("1 waiting, 2 skipped", "waiting")
    assert standing["settle"].href == "#step-settle[1]"
    assert (standing["offer"].words, standing["offer"].style) == ("1 needs a person, 1 done", "failed")
    assert standing["lines"].words == "3 items, under way"
    assert standing["terms"].words == "turn 2 of at most 5"
    assert standing["credit"].words == "is tried again"
    assert "release" not in standing


def test_what_was_taken_back_shows_on_the_step_itself() -> None:
    undone = (view("bill", StepPhase.UNDONE, "sent"), view("bill~undo", StepPhase.DONE, "ok"))
    assert (standings(ORDER, undone)["bill"].words, standings(ORDER, undone)["bill"].style) == ("taken back", "undone")
    failed = (view("bill", StepPhase.DONE, "sent"), view("bill~undo", StepPhase.PROBLEM, "undo_failed"))
    assert standings(ORDER, failed)["bill"].style == "failed"


def _titles(lines: tuple[StepLine, ...]) -> list[str]:
    return [title for one in lines for title in (one.title, *_titles(one.inner))]


def test_the_same_stands_beside_in_words() -> None:
    picture = run_graph(ORDER, HALFWAY, is_over=False, name="Orders")
    assert sorted(_titles(picture.lines)) == sorted(step.title for step in ORDER.step)
    lines = {one.title: one for one in picture.lines}
    assert [one.title for one in lines["Each line of the order"].inner] == ["Check price and stock", "Settle the line"]
    assert lines["Each line of the order"].inner[1].state == "1 waiting, 2 skipped"
    assert lines["Send the invoice"].what.startswith("at most once; as soon as one of")
    assert lines["Release the order"].state == "not begun"
    assert "working h" in lines["Two days to change it"].what
    assert [one.state for one in recipe_graph(ORDER, name="Orders").lines] == [""] * len(picture.lines)


def test_a_line_of_steps_is_drawn_as_ever() -> None:
    steps = tuple(step for step in ORDER.step if step.id in {"read", "credit"})
    line = ORDER.model_copy(update={"step": steps})
    assert 'class="graph"' in recipe_graph(line, name="Line").svg


def test_past_sixty_steps_frames_are_drawn_shut() -> None:
    many = tuple(
        ORDER.step[2].model_copy(update={"id": f"more-{number}", "title": f"More {number}"}) for number in range(60)
    )
    large = Recipe.model_validate(ORDER.model_dump() | {"step": [*ORDER.step, *many]})
    found = boxes(recipe_graph(large, name="Large").svg)
    assert "Each line of the order" in found
    assert "Check price and stock" not in found


def test_text_of_others_stays_text() -> None:
    node = svg.Node("x", '<script>"&', '">', "done", 'javascript:"')
    drawn = svg.draw_flow([svg.FlowStep(node, (svg.FlowStep(svg.Node("y", "<b>")),), again="<i>")], [], name='"><b>')
    assert "<script>" not in drawn
    assert "<b>" not in drawn
    assert "<i>" not in drawn
    ET.fromstring(drawn)


@pytest.mark.parametrize(
    ("instance", "step", "title"),
    [
        ("check", "check", "Check"),
        ("check[2]", "check", "Check 3"),
        ("check[2.0]", "check", "Check 3.1"),
        ("check[2]~undo", "check", "Check 3, taken back"),
    ],
)
def test_instances_are_called_by_their_step_and_number(instance: str, step: str, title: str) -> None:
    assert (step_of(instance), numbered(instance, "Check")) == (step, title)
