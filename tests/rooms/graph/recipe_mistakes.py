"""Mistakes a recipe can hold, each with what is said of it; and the steps they are made of."""

# ruff: noqa: E501 - snippets of recipes are read as they stand
from __future__ import annotations

from tiebeam.spec import Effect

RECIPE = "recipes/finance/pay/by-rule.toml"
HERE = "# here"
KNOWN = {
    "demo.look": Effect.PURE,
    "demo.act": Effect.DB,
    "demo.send": Effect.IDEMPOTENT,
    "demo.pay": Effect.AT_MOST_ONCE,
    "demo.unpay": Effect.IDEMPOTENT,
}
STEP = '[[step]]\ntitle = "T"\npattern = "sorting"\n'
WITH_MAP = f'{STEP}id = "each"\nkind = "map"\nafter = ["look"]\nmap = {{ over = "input.lines" }}\n'
BODY = f'{STEP}id = "one"\ninside = "each"\nuses = "demo.look"\n'
WITH_LOOP = f'{STEP}id = "again"\nkind = "loop"\nafter = ["look"]\nloop = {{ until = "steps.turn.outcome == \'ok\'", most = 5 }}\n'
TURN = f'{STEP}id = "turn"\ninside = "again"\nuses = "demo.look"\n'
SEND = f'{STEP}id = "send"\nuses = "demo.send"\nafter = ["ask"]\neffect = "idempotent"\nevidence = ["id"]\n'
PAY = f'{STEP}id = "pay"\nuses = "demo.pay"\nafter = ["ask"]\neffect = "at_most_once"\nevidence = ["id"]\n'

WRONG = {
    "uses of a timer": (
        f'{STEP}id = "t"\nkind = "timer"\nuses = "demo.look" {HERE}\ntimer = {{ after_hours = 1 }}\n',
        "shape",
        "runs no code",
        "remove `uses`",
    ),
    "retry of a review": (
        f'{STEP}id = "t"\nkind = "review"\nreview = {{}}\nretry = {{ times = 2 }} {HERE}\n',
        "shape",
        "runs no code",
        "remove `retry`",
    ),
    "a timer of code": (
        f'{STEP}id = "t"\nuses = "demo.look"\ntimer = {{ after_hours = 1 }} {HERE}\n',
        "shape",
        "runs code and has a timer",
        "its own step",
    ),
    "an argument of nothing": (
        f'{STEP}id = "t"\nuses = "demo.look"\nafter = ["look"]\nparams = {{ args = {{ it = "steps.lok.output.it" }} }} {HERE}\n',
        "condition",
        "names 'steps.lok'",
        "recipe guide",
    ),
    "a map without a list": (
        f'[[step]] {HERE}\ntitle = "T"\npattern = "sorting"\nid = "each"\nkind = "map"\n{BODY}',
        "shape",
        "does not say which",
        "map = {",
    ),
    "a join of one": (
        f'{STEP}id = "t"\nuses = "demo.look"\nafter = ["look"]\njoin = "any" {HERE}\n',
        "shape",
        "fewer than two",
        "`after`",
    ),
    "a timer that says nothing": (
        f'{STEP}id = "t"\nkind = "timer"\ntimer = {{}} {HERE}\n',
        "shape",
        "neither of `after_hours` and `until`",
        "exactly one",
    ),
    "a moment in business hours": (
        f'{STEP}id = "t"\nkind = "timer"\ntimer = {{ until = "input.due", hours = "working" }} {HERE}\n',
        "shape",
        "no business hours move",
        "after_hours",
    ),
    "a timeout without an outcome": (
        f'{STEP}id = "t"\nkind = "event"\nevent = {{ name = "a.b", key = "run.id", timeout_hours = 2 }} {HERE}\n',
        "shape",
        "with which outcome",
        "on_timeout",
    ),
    "an outcome without a timeout": (
        f'{STEP}id = "t"\nkind = "event"\nevent = {{ name = "a.b", key = "run.id", on_timeout = "late" }} {HERE}\n',
        "shape",
        "never times out",
        "timeout_hours",
    ),
    "a payload that is no schema": (
        f'{STEP}id = "t"\nkind = "event"\nevent = {{ name = "a.b", key = "run.id", payload = {{ type = "objekt" }} }} {HERE}\n',
        "json-schema",
        "objekt",
        "correct",
    ),
    "an answer that is no schema": (
        f'{STEP}id = "t"\nkind = "review"\n[step.review]\nanswer = {{ required = "amount" }} {HERE}\n',
        "json-schema",
        "'t'",
        "correct",
    ),
    "a timeout of nothing": (
        f'{STEP}id = "t"\nuses = "demo.look"\ntimeout_seconds = 3 {HERE}\n',
        "shape",
        "nobody outside",
        "remove",
    ),
    "retrying everything that happens at most once": (
        f"{PAY}retry = {{ times = 3 }} {HERE}\n",
        "retry",
        "at most once",
        "step_busy",
    ),
    "retrying what is unclear": (
        f'{PAY}retry = {{ times = 3, on = ["step_busy", "effect_unclear"] }} {HERE}\n',
        "retry",
        "twice",
        "a person",
    ),
    "waiting longer first than at most": (
        f"{SEND}retry = {{ times = 3, first_seconds = 60, most_seconds = 5 }} {HERE}\n",
        "shape",
        "at most 5",
        "raise",
    ),
    "undoing what changed nothing": (
        f'{STEP}id = "t"\nuses = "demo.look"\nundo = {{ uses = "demo.unpay" }} {HERE}\n',
        "undo",
        "nothing to take back",
        "remove",
    ),
    "undoing without an effect": (
        f'{SEND}undo = {{ uses = "demo.look", effect = "pure" }} {HERE}\n',
        "undo",
        "itself",
        "idempotent",
    ),
    "undoing by unknown code": (
        f'{SEND}undo = {{ uses = "demo.unpai" }} {HERE}\n',
        "uses",
        "'demo.unpai'",
        "'demo.unpay'",
    ),
    "an effect that is another": (
        f'{STEP}id = "t"\nuses = "demo.pay"\nafter = ["ask"]\neffect = "idempotent" {HERE}\nevidence = ["x"]\n',
        "effect",
        "at_most_once",
        'effect = "at_most_once"',
    ),
    "an empty container": (
        f'[[step]] {HERE}\ntitle = "T"\npattern = "sorting"\nid = "e"\nkind = "map"\nmap = {{ over = "input.x" }}\n',
        "step-order",
        "nothing is inside",
        'inside = "e"',
    ),
    "being inside nothing": (
        f'{STEP}id = "t"\nuses = "demo.look"\ninside = "eech" {HERE}\n',
        "step-order",
        "'eech'",
        "none",
    ),
    "being inside a step": (
        f'{STEP}id = "t"\nuses = "demo.look"\ninside = "look" {HERE}\n',
        "step-order",
        "repeats nothing",
        "loop",
    ),
    "standing above its container": (
        f'{STEP}id = "one"\ninside = "each" {HERE}\nuses = "demo.look"\n{WITH_MAP}',
        "step-order",
        "stands below it",
        "circles",
    ),
    "being inside itself": (
        f'{STEP}id = "t"\nkind = "map"\ninside = "t" {HERE}\nmap = {{ over = "input.x" }}\n',
        "step-order",
        "stands below it",
        "circles",
    ),
    "coming after the container around it": (
        f'{WITH_MAP}{BODY}after = ["each"] {HERE}\n',
        "step-order",
        "not in the same body",
        "begins with it",
    ),
    "coming from inside after something outside": (
        f'{WITH_MAP}{BODY}after = ["look"] {HERE}\n',
        "step-order",
        "not in the same body",
        "let 'each' come after it",
    ),
    "coming after something inside": (
        f'{WITH_MAP}{BODY}{STEP}id = "t"\nuses = "demo.look"\nafter = ["one"] {HERE}\n',
        "step-order",
        "not in the same body",
        "come after 'each'",
    ),
    "coming twice after the same": (
        f'{STEP}id = "t"\nuses = "demo.look"\nafter = ["look", "look"] {HERE}\n',
        "step-order",
        "twice",
        "once",
    ),
    "other eyes than one of many": (
        WITH_MAP
        + f'{STEP}id = "seen"\nkind = "review"\ninside = "each"\n'
        + f'{STEP}id = "t"\nkind = "review"\nafter = ["each"]\nreview = {{ four_eyes_with = ["seen"] }} {HERE}\n',
        "step-order",
        "once for each item",
        "inside 'each'",
    ),
    "an item outside a map": (
        f'{STEP}id = "t"\nuses = "demo.look"\nwhen = "item.x == 1" {HERE}\n',
        "condition",
        "'item'",
        "correct",
    ),
    "an item of a loop": (f'{WITH_LOOP}{TURN}when = "item.x == 1" {HERE}\n', "condition", "'item'", "correct"),
    "a former turn of a map": (
        f"{WITH_MAP}{BODY}when = \"previous.one.outcome == 'x'\" {HERE}\n",
        "condition",
        "'previous'",
        "correct",
    ),
    "a step inside, from outside": (
        f'{WITH_MAP}{BODY}{STEP}id = "t"\nuses = "demo.look"\nafter = ["each"]\nwhen = "steps.one.outcome == \'x\'" {HERE}\n',
        "condition",
        "'steps.one'",
        "correct",
    ),
    "a list that is none": (
        f'{STEP}id = "e"\nkind = "map"\nmap = {{ over = "\'a,b\'" }} {HERE}\n{STEP}id = "one"\ninside = "e"\nuses = "demo.look"\n',
        "condition",
        "a list is needed",
        "single quotes",
    ),
    "a condition that is text": (
        f'{STEP}id = "t"\nuses = "demo.look"\nwhen = "\'true\'" {HERE}\n',
        "condition",
        "true or false is needed",
        "correct",
    ),
    "a role that nobody declared": (
        f'{STEP}id = "t"\nkind = "review"\nreview = {{ role = "\'clark\'" }} {HERE}\n',
        "WF-07",
        "no role is called 'clark'",
        "'clerk'",
    ),
    "a person that nobody declared": (
        f'{STEP}id = "t"\nkind = "review"\nreview = {{ person = "\'anne\'" }} {HERE}\n',
        "WF-07",
        "no person is called 'anne'",
        "'ann'",
    ),
    "a trigger of two": (
        f'[[trigger]] {HERE}\nid = "x"\ncron = "0 8 * * *"\nevent = "a.b"\ninput = {{ bill = "\'x\'" }}\n',
        "trigger",
        "both of `cron` and `event`",
        "exactly one",
    ),
    "a schedule that is none": (
        f'[[trigger]]\nid = "x"\ncron = "0 25 * * *" {HERE}\ninput = {{ bill = "\'x\'" }}\n',
        "trigger",
        "bad hour",
        "weekday",
    ),
    "a schedule of seconds": (
        f'[[trigger]]\nid = "x"\ncron = "* * * * * *" {HERE}\ninput = {{ bill = "\'x\'" }}\n',
        "trigger",
        "6 fields",
        "weekday",
    ),
    "a zone that is none": (
        f'[[trigger]]\nid = "x"\ncron = "0 8 * * *"\ntimezone = "Europe/Budapesht" {HERE}\ninput = {{ bill = "\'x\'" }}\n',
        "trigger",
        "Budapesht",
        "'Europe/Budapest'",
    ),
    "missed events": (
        f'[[trigger]]\nid = "x"\nevent = "a.b"\nmissed = "all" {HERE}\ninput = {{ bill = "\'x\'" }}\n',
        "trigger",
        "comes when it comes",
        "remove `missed`",
    ),
    "a stateful trigger without a key": (
        f'[[trigger]]\nid = "x"\nevent = "a.b"\nmode = "stateful" {HERE}\ninput = {{ bill = "\'x\'" }}\n',
        "WF-14",
        "which run",
        "event.key",
    ),
    "an event in a schedule": (
        f'[[trigger]]\nid = "x"\ncron = "0 8 * * *"\nwhen = "event.key == \'1\'" {HERE}\ninput = {{ bill = "\'x\'" }}\n',
        "condition",
        "'event'",
        "correct",
    ),
    "input that the intent does not ask for": (
        f'[[trigger]]\nid = "x"\ncron = "0 8 * * *"\n[trigger.input]\nbill = "\'x\'"\nbil = "\'x\'" {HERE}\n',
        "WF-01",
        "'bil'",
        "'bill'",
    ),
    "input that is missing": (
        f'[[trigger]] {HERE}\nid = "x"\ncron = "0 8 * * *"\n',
        "WF-01",
        "without 'bill'",
        "`bill = …`",
    ),
    "a recipe that runs itself": (
        f'{STEP}id = "t"\nkind = "recipe"\nafter = ["ask"]\nrecipe = {{ id = "finance.pay/by-rule", input = {{ bill = "input.bill" }} }} {HERE}\n',
        "recursion",
        "by-rule → finance.pay/by-rule",
        "loop",
    ),
    "a recipe that is none": (
        f'{STEP}id = "t"\nkind = "recipe"\nrecipe = {{ id = "finance.pay/by-rules" }} {HERE}\n',
        "reference",
        "by-rules",
        "by-rule",
    ),
    "a deadline that is none": (f'[limits]\nat_deadline = "stop" {HERE}\n', "shape", "no deadline", "deadline_hours"),
    "a prompt that reads a later step": (
        f'{STEP}id = "t"\nuses = "demo.look"\n{STEP}id = "u"\nuses = "model.complete"\nafter = ["ask"]\neffect = "idempotent"\nevidence = ["c"]\n'
        f'[step.params]\nmodel = "m"\nprompt = "{{{{steps.t.output.x}}}}" {HERE}\n',
        "condition",
        "'steps.t.output.x'",
        "steps.",
    ),
}
