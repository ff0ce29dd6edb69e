"""Verbs about the rules of access: list them, check them, try them, and ask why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import Group, json_option, print_json, print_table, say, workspace_of, workspace_option

if TYPE_CHECKING:
    from tiebeam.authority import Explanation, Said


@click.group(cls=Group)
def policy() -> None:
    """The rules that say who may do what, and why somebody may or may not."""


@policy.command()
@asks("policy.view", "policy", inside=True)
@click.option("--person", default=None, help="About whom, by the id of their record [default: yourself].")
@click.option("--verb", required=True, help="What they would do, such as task.decide.")
@click.option("--object", "named", required=True, metavar="KIND:ID", help="To what, such as task:task_01… or run:….")
@click.option("--context", multiple=True, metavar="KEY=VALUE", help="A circumstance: reason, amount or limit.")
@workspace_option
@json_option
def explain(
    person: str | None, verb: str, named: str, context: tuple[str, ...], workspace: Path | None, as_json: bool
) -> int:
    """Say whether a person may, by which rule, and what it looked at. Exits with 1 when they may not."""
    from tiebeam.http import explain as explain_to

    with calling(workspace, None) as caller:
        told = explain_to(caller, person=person, verb=verb, named=named, context=_pairs(context))
    if as_json:
        print_json(told.as_json())
    else:
        _print_explanation(told)
    return 0 if told.verdict.allowed else 1


@policy.command("list")
@asks("policy.view", "policy")
@click.option("--text", is_flag=True, help="Print the Cedar text of each rule.")
@workspace_option
@json_option
def list_(text: bool, workspace: Path | None, as_json: bool) -> None:
    """List every rule in force, built-in ones first."""
    with calling(workspace, None) as caller:
        policies = caller.app.authority.policies
    if as_json:
        rules = [
            {
                "id": rule.id,
                "effect": rule.effect,
                "source": rule.source,
                "because": rule.because,
                "verbs": sorted(rule.verbs),
                "text": rule.text,
            }
            for rule in policies.rules
        ]
        print_json({"version": policies.version, "rules": rules})
        return
    print_table(
        ("rule", "effect", "source", "because"),
        [(rule.id, rule.effect, rule.source, rule.because) for rule in policies.rules],
    )
    for rule in policies.rules if text else ():
        say(f"\n# {rule.id}\n{rule.text}")
    say(f"version {policies.version[:12]}")


@policy.command()
@asks("policy.view", "policy")
@workspace_option
@json_option
def check(workspace: Path | None, as_json: bool) -> int:
    """Check the files below access/ as they are now, applied or not. Exits with 1 on an error."""
    from tiebeam.authority import check_rules
    from tiebeam.graph import Severity
    from tiebeam.graph import check as check_workspace

    with calling(workspace, None):
        found = check_workspace(workspace_of(workspace), check_rules=check_rules)
    problems = [one for one in found if one.rule.startswith("access-")]
    if as_json:
        print_json({"problems": problems})
    for problem in () if as_json else problems:
        say(f"{problem.file}:{problem.line}: {problem.severity.value} {problem.rule}: {problem.message}")
        say(f"    fix: {problem.fix}")
    if not as_json and not problems:
        say("the rules of access are sound")
    return 1 if any(problem.severity is Severity.ERROR for problem in problems) else 0


@policy.command("test")
@asks("policy.view", "policy")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@workspace_option
@json_option
def test(file: Path, workspace: Path | None, as_json: bool) -> int:
    """Ask every case of FILE, a table of expected verdicts in TOML. Exits with 1 when one is not met."""
    import tomllib

    from tiebeam.authority import WrongTable, run_table

    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise WrongTable(f"{str(file)!r} is not TOML: {wrong}") from wrong
    with calling(workspace, None) as caller:
        outcomes = run_table(caller.app.authority, table)
    if as_json:
        print_json({"cases": [{"met": one.is_met, **_outcome(one)} for one in outcomes]})
    for one in () if as_json else outcomes:
        answer = "allowed" if one.verdict.allowed else "denied"
        say(f"{'ok' if one.is_met else 'NOT MET'}  {one.name}: {answer} by {one.verdict.rule}, {one.verdict.reason}")
    return 0 if all(one.is_met for one in outcomes) else 1


def _outcome(one: Any) -> dict[str, Any]:
    return {"name": one.name, "expected": one.allowed, "expected_rule": one.rule, "verdict": one.verdict}


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    if wrong := next((key for key, sign, _ in pairs if not sign), None):
        raise click.UsageError(f"write --context as key=value, not {wrong!r}")
    return {key: value for key, _, value in pairs}


def _print_explanation(told: Explanation) -> None:
    verdict = told.verdict
    say(f"{'allowed' if verdict.allowed else 'denied'} by {verdict.rule}: {verdict.reason}")
    for said in told.spoke:
        _print_said("spoke", said)
    for said in told.silent:
        _print_said("silent", said)
    say(f"policy version {verdict.policy_version[:12]}")


def _print_said(how: str, said: Said) -> None:
    facts = ", ".join(f"{name} = {value!r}" for name, value in said.facts.items())
    say(f"  {how:6}  {said.effect:6}  {said.rule} ({said.source})" + (f": {facts}" if facts else ""))
