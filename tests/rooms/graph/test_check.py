"""A wrong file is refused with its rule, file, line and fix.

ids: A3, WF-04, WF-07, WF-08, WF-09, WF-10, HO-01, HO-02, HO-03
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.builders.declared import edit, write_library, write_records, write_workspace

from tiebeam.graph import GraphBroken, Problem, Severity, check, load

RECIPE = "recipes/finance/pay/by-rule.toml"
HANDOFF = "handoffs/finance/unclear.toml"
INTENT = "intents/finance/pay.toml"


class Folders:
    def __init__(self, root: Path) -> None:
        self.library = write_library(root / "library")
        self.workspace = write_workspace(root / "workspace")

    def check(self, **known: object) -> list[Problem]:
        return check(self.workspace, library=self.library, **known)  # pyright: ignore[reportArgumentType]

    def errors(self, **known: object) -> list[Problem]:
        return [problem for problem in self.check(**known) if problem.severity is Severity.ERROR]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def test_a_sound_workspace_has_no_errors(folders: Folders) -> None:
    assert folders.errors(known_steps={"demo.look", "demo.act"}, known_scorers={"demo.scorer"}) == []
    assert load(folders.workspace, library=folders.library).adoptions["finance.pay"].owner == "ann"


WRONG = [
    (RECIPE, 'title = "Look"', "title = ", "toml", 9, "not TOML", "correct"),
    (RECIPE, 'uses = "demo.look"\n', "", "shape", 7, "names no code", "add `uses"),
    (RECIPE, 'uses = "demo.look"', 'uses = "model.complete"', "shape", 7, "cannot ask a model: model", "params"),
    (RECIPE, "after = [", "aftr = [", "shape", 18, "'step[2].aftr'", "'after'"),
    (RECIPE, 'effect = "db"', 'effect = "bd"', "shape", 28, "'bd'", "'pure', 'db'"),
    (RECIPE, '"look", "ask"', '"look", "asc"', "step-order", 27, "'asc'", "'ask'"),
    (RECIPE, 'after = ["look"]', 'after = ["act"]', "step-order", 18, "below", "move"),
    (RECIPE, 'id = "act"', 'id = "ask"', "step-order", 23, "two steps", "rename"),
    (RECIPE, "steps.look.out", "steps.loop.out", "condition", 19, "'steps.loop'", "correct"),
    (RECIPE, "steps.look.out", "steps.act.out", "condition", 19, "'steps.act'", "correct"),
    (RECIPE, 'unclear" }', 'uncler" }', "reference", 20, "finance.uncler", "'finance.unclear'"),
    (RECIPE, 'evidence = ["row"]\n', "", "WF-09", 22, "no evidence", "evidence"),
    (RECIPE, 'training_track = "finance.basics"\n', "", "WF-04", 1, "training_track", "declare"),
    (RECIPE, 'when = "true"', "when = \"run.state == 'x'\"", "HO-01", 41, "catches", "true"),
    (RECIPE, "threshold = 0.9", "threshold = 9", "shape", 33, "less than or equal to 1", "form"),
    (INTENT, "[meta]", "[more]", "shape", 1, "'meta' is missing", "`[meta]` with `since = YYYY-MM-DD` and `reviewed"),
    (HANDOFF, 'audit_owner = "clerk"', 'audit_owner = "clark"', "HO-02", 4, "'clark'", "'clerk'"),
    (HANDOFF, "\ndue", '\neditable = ["x"]\nverbs = ["ask"]\ndue', "HO-01", 7, "verb edit", "add"),
    (HANDOFF, 'action = "remind"', 'action = "raise"', "HO-01", 9, "no role", "role"),
    (HANDOFF, 'action = "remind"', 'action = "default"', "HO-01", 9, "does not allow", "verb"),
    (INTENT, 'owner_role = "clerk"', 'owner_role = "clrk"', "HO-03", 8, "'clrk'", "'clerk'"),
    (INTENT, 'domain = "finance"', 'domain = "legal"', "path", 2, "'legal'", "move"),
]


@pytest.mark.parametrize(("file", "old", "new", "rule", "line", "says", "fix"), WRONG)
def test_a_wrong_library_file_is_named_with_its_line_and_fix(
    folders: Folders, file: str, old: str, new: str, rule: str, line: int, says: str, fix: str
) -> None:
    edit(folders.library / file, old, new)
    first = folders.errors()[0]
    assert (first.rule, first.file, first.line) == (rule, f"library/{file}", line)
    assert says in first.message
    assert fix in first.fix
    with pytest.raises(GraphBroken) as refused:
        load(folders.workspace, library=folders.library)
    assert refused.value.data["problems"][0]["line"] == line


# ids: WF-04, B18
def test_a_recipe_without_any_of_its_six_parts_names_each(folders: Folders) -> None:
    path = folders.library / "recipes/finance/pay/by-rule.toml"
    text = path.read_text(encoding="utf-8")
    start, meta = text.index("[evaluation]"), text.index("[meta]")
    path.write_text(text[:start].replace('training_track = "finance.basics"\n', "") + text[meta:], encoding="utf-8")
    missing = [problem.message for problem in folders.errors() if problem.rule == "WF-04"]
    assert len(missing) == 5  # the sixth part, the steps, is a matter of shape
    assert [problem.rule for problem in folders.errors() if "stops it" in problem.message] == ["WF-08"]


def test_a_recipe_below_another_intent_is_refused(folders: Folders) -> None:
    intent = (folders.library / INTENT).read_text(encoding="utf-8")
    (folders.library / "intents/finance/buy.toml").write_text(intent, encoding="utf-8")
    edit(folders.library / RECIPE, 'intent = "finance.pay"', 'intent = "finance.buy"')
    assert {(problem.rule, problem.line) for problem in folders.errors()} == {("path", 1), ("reference", 1)}


def test_an_adoption_without_an_owner_is_a_predicted_stall(folders: Folders) -> None:
    edit(folders.workspace / "adoptions/finance/pay.toml", 'owner = "ann"\n', "")
    (problem,) = folders.errors()
    assert problem.rule == "WF-10"
    edit(folders.workspace / "adoptions/finance/pay.toml", "owner_kind", 'owner = "bob"\nowner_kind')
    (problem,) = folders.errors()
    assert (problem.rule, problem.line) == ("WF-10", 2)


# ids: B21
def test_an_adopted_recipe_needs_its_systems(folders: Folders) -> None:
    (folders.workspace / "systems/ledger.toml").unlink()
    (problem,) = folders.errors()
    assert problem.rule == "B21"
    assert "systems/ledger.toml" in problem.fix


def test_registered_names_are_checked_when_they_are_known(folders: Folders) -> None:
    problems = folders.errors(known_steps={"demo.lock", "demo.act"}, known_scorers={"other"})
    assert [(problem.rule, problem.fix) for problem in problems] == [
        ("scorer", "use one of other."),
        ("uses", "did you mean 'demo.lock'?"),
    ]


def test_an_outside_effect_without_a_checkpoint_is_refused(folders: Folders) -> None:
    path = folders.library / "recipes/finance/pay/by-rule.toml"
    edit(path, 'kind = "review"\n', 'uses = "demo.look"\n')
    edit(path, 'review = { handoff = "finance.unclear" }\n', "")
    edit(path, 'effect = "db"', 'effect = "at_most_once"')
    assert [problem.rule for problem in folders.errors()] == ["WF-07"]


def test_paths_and_ids_are_one(folders: Folders) -> None:
    write_records(
        folders.workspace, {"people/Bob Smith.toml": "", "people/sub/bob.toml": "", "teams/x.toml": 'id = "y"\n'}
    )
    problems = folders.errors()
    assert [(problem.rule, Path(problem.file).name) for problem in problems] == [
        ("path", "Bob Smith.toml"),
        ("path", "bob.toml"),
        ("shape", "x.toml"),
    ]


def test_a_file_that_is_not_text_is_a_problem_and_no_crash(folders: Folders) -> None:
    (folders.workspace / "teams/desk.toml").write_bytes(b'title = "a"\nlead = "\xff"\n')
    problem = folders.errors()[0]
    assert (problem.rule, problem.line) == ("toml", 2)


def test_a_folder_without_settings_is_no_workspace(folders: Folders) -> None:
    (folders.workspace / "tiebeam.toml").unlink()
    (problem,) = folders.errors()
    assert "tiebeam init" in problem.fix


def test_warnings_say_what_would_disappoint_and_stop_nothing(folders: Folders) -> None:
    edit(folders.workspace / "people/ann.toml", "administrator = true\n", "")
    edit(folders.library / "roles/finance/clerk.toml", 'training_track = "finance.basics"\n', "")
    warnings = [problem for problem in folders.check() if problem.severity is Severity.WARNING]
    assert {"administrator", "specimen-account", "source-missing", "HO-05"} <= {problem.rule for problem in warnings}
    assert load(folders.workspace, library=folders.library)


def test_one_person_alone_is_warned_about_four_eyes(folders: Folders) -> None:
    edit(
        folders.library / "recipes/finance/pay/by-rule.toml",
        "[evaluation]",
        '[[step]]\nid = "again"\ntitle = "Again"\nkind = "review"\npattern = "sorting"\nafter = ["ask"]\n'
        'review = { handoff = "finance.unclear", four_eyes_with = ["ask"], authority = true }\n\n[evaluation]',
    )
    rules = {problem.rule for problem in folders.check()}
    assert {"four-eyes", "approval-limit"} <= rules


def test_a_role_nobody_holds_is_warned_about(folders: Folders) -> None:
    role = (folders.library / "roles/finance/clerk.toml").read_text(encoding="utf-8")
    (folders.library / "roles/finance/chief.toml").write_text(role, encoding="utf-8")
    edit(folders.library / "handoffs/finance/unclear.toml", 'to_role = "clerk"', 'to_role = "chief"')
    (problem,) = (problem for problem in folders.check() if problem.rule == "role-empty")
    assert "'chief'" in problem.message


def test_a_circle_of_superiors_is_found(folders: Folders) -> None:
    edit(folders.library / "roles/finance/clerk.toml", 'owns = "o"', 'owns = "o"\nreports_to = "clerk"')
    assert [problem.message for problem in folders.errors()] == ["'clerk' is above itself."]
