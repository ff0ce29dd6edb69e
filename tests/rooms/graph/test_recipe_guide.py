"""Every example of the recipe guide loads, without an error and without a warning about the recipe."""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.builders.declared import RECIPE, edit, write_library, write_records, write_workspace

from tiebeam.graph import check
from tiebeam.spec import Effect, Step, Trigger

GUIDE = Path(__file__).parents[3] / "docs/guides/recipes.md"
OF_THE_FRAME = {"specimen-account", "source-missing", "four-eyes", "approval-limit", "handoff-end"}
"""Warnings about the little workspace the examples stand in, and not about them."""
OTHER = "recipes/finance/pay/other.toml"


def examples() -> Iterator[str]:
    """Blocks of the guide that are steps, triggers or limits, as they stand."""
    block: list[str] = []
    for line in [*GUIDE.read_text(encoding="utf-8").splitlines(), "end"]:
        if line.startswith("    ") or (block and not line):
            block.append(line)
            continue
        text = textwrap.dedent("\n".join(block)).strip()
        if re.match(r"\[\[step\]\]|\[\[trigger\]\]|\[limits\]", text):
            yield text
        block = []


EXAMPLES = list(examples())


def _known(content: dict[str, Any]) -> dict[str, Effect]:
    """The step codes an example supposes, with the effects it says they have."""
    found: dict[str, Effect] = {"demo.look": Effect.PURE, "demo.act": Effect.DB}
    for step in content.get("step", ()):
        if "uses" in step:
            found[step["uses"]] = Effect(step.get("effect", "pure"))
        if "undo" in step:
            found[step["undo"]["uses"]] = Effect(step["undo"].get("effect", "idempotent"))
    return found


def _frame(example: str) -> str:
    """A recipe with the steps `read` and `approve`, and the example."""
    first = RECIPE[RECIPE.index("[[step]]") : RECIPE.index("[evaluation]")]
    frame = (
        '[[step]]\nid = "read"\ntitle = "Read"\npattern = "sorting"\nuses = "demo.look"\n\n'
        '[[step]]\nid = "approve"\ntitle = "Approve"\nkind = "review"\npattern = "sorting"\nafter = ["read"]\n'
        'review = { handoff = "finance.unclear" }\n\n'
    )
    patterns = re.sub(r'pattern = ".*"', 'pattern = "sorting"', example)
    model = re.sub(r'model = "mosaic"', 'model = "small"', patterns)
    return (
        RECIPE.replace(first, f"{frame}{model}\n\n")
        .replace("steps.act", "steps.approve")
        .replace("'twice'", "'reject'")
    )


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=[text.splitlines()[1] for text in EXAMPLES])
def test_an_example_of_the_guide_loads(tmp_path: Path, number: int) -> None:
    example = EXAMPLES[number]
    library, workspace = write_library(tmp_path / "library"), write_workspace(tmp_path / "workspace")
    write_records(library, {"recipes/finance/pay/by-rule.toml": _frame(example), OTHER: RECIPE})
    known = _known(tomllib.loads(example))
    problems = check(workspace, library=library, known_steps=known)
    said = [str(one) for one in problems if one.rule not in OF_THE_FRAME]
    # The model an example asks and the recipe it runs are declared and adopted elsewhere.
    assert [one for one in said if not re.search("which nothing serves|which nobody adopted", one)] == []


def test_the_guide_shows_every_part_of_a_step_and_of_a_trigger() -> None:
    steps = [step for text in EXAMPLES for step in tomllib.loads(text).get("step", ())]
    triggers = [trigger for text in EXAMPLES for trigger in tomllib.loads(text).get("trigger", ())]
    assert set(Step.model_fields) == {key for step in steps for key in step}
    assert set(Trigger.model_fields) == {key for trigger in triggers for key in trigger}


def test_an_example_that_is_wrong_would_be_found(tmp_path: Path) -> None:
    library, workspace = write_library(tmp_path / "library"), write_workspace(tmp_path / "workspace")
    write_records(library, {"recipes/finance/pay/by-rule.toml": _frame(EXAMPLES[0]), OTHER: RECIPE})
    edit(library / "recipes/finance/pay/by-rule.toml", "steps.approve.outcome in", "steps.aprove.outcome in")
    assert [one.rule for one in check(workspace, library=library)] == ["condition"]
