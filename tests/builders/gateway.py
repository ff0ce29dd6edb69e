"""A workspace whose gateway calls a provider on this machine: three served models with prices, budgets and a key.

    with upstream() as far:
        workspace = gateway_workspace(tmp_path / "work", port=far.port, company_usd="100")
        with opened(workspace) as app:
            secret = make_key(app, team="sales", workflow="enquiries")

Prices are round, in US dollars per million tokens (input, cached input, output): small 1, 0.1, 4; mid 3, 0.3, 15;
frontier 10, 1, 50. So a thousand small tokens in and a thousand out cost 0.005 dollars.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tiebeam.app import App, open_app
from tiebeam.economics.keys import KeyWish
from tiebeam.graph import init_workspace

PRICES: Mapping[str, tuple[str, str, str]] = {
    "small": ("1", "0.1", "4"),
    "mid": ("3", "0.3", "15"),
    "frontier": ("10", "1", "50"),
}
"""Input, cached input and output by the name a client writes; the provider knows each as `far-<name>`."""
META = "\n[meta]\nversion = 1\nsince = 2026-01-01\nreviewed = 2026-01-01\n"
TEAM, WORKFLOW = "sales", "enquiries"
_CAPABILITY = {"small": "saturated-task", "mid": "standard", "frontier": "frontier"}


def gateway_workspace(
    folder: Path,
    *,
    port: int,
    company_usd: str = "1000",
    team_usd: str = "500",
    workflow_usd: str | None = None,
    budget: str = "",
    records: Mapping[str, str] | None = None,
    more: str = "",
) -> Path:
    """Budgets: `company` over `sales` (covers the team) over, with `workflow_usd`, `enquiries` (covers the workflow).

    `budget` is added to every budget's file, `more` to tiebeam.toml; `records` maps paths below the workspace to
    content, which also replaces what is made here. [meta] is added where a record has none.
    """
    init_workspace(folder, example="empty")
    files = {
        "upstreams/far.toml": upstream_record(port),
        **{f"served/{name}.toml": served_record(name) for name in PRICES},
        **{f"prices/far-{name}.toml": price_record(name) for name in PRICES},
        "budgets/company.toml": budget_record("Company", company_usd, level="organisation") + budget,
        "budgets/sales.toml": budget_record("Sales", team_usd, parent="company", also_covers=[TEAM]) + budget,
    }
    if workflow_usd is not None:
        files["budgets/enquiries.toml"] = (
            budget_record("Enquiries", workflow_usd, level="workflow", parent="sales", also_covers=[WORKFLOW]) + budget
        )
    for place, text in {**files, **(records or {})}.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if "[meta]" in text else text + META, encoding="utf-8")
    if more:
        settings = folder / "tiebeam.toml"
        settings.write_text(f"{settings.read_text(encoding='utf-8')}\n{more}\n", encoding="utf-8")
    return folder


def upstream_record(port: int, *, provider: str = "far", **said: Any) -> str:
    """A server on this machine that speaks OpenAI's API, and asks for no key."""
    return lines(
        title=f"{provider} on this machine",
        provider=provider,
        base_url=f"http://127.0.0.1:{port}/v1",
        private_network=True,
        **said,
    )


def served_record(name: str, *, upstream: str = "far", model: str | None = None, **said: Any) -> str:
    given = {"context_tokens": 128_000, "max_output_tokens": 4_096, "max_image_tokens": 1_000, **said}
    return lines(name=name, capability=given.pop("capability", _CAPABILITY.get(name, "standard")), **given) + (
        f'\n[[serving]]\nupstream = "{upstream}"\nmodel = "{model or f"far-{name}"}"\n'
    )


def price_record(name: str, *, provider: str = "far", model: str | None = None) -> str:
    rates = dict(zip(("input", "cached_input", "output"), PRICES.get(name, PRICES["mid"]), strict=True))
    return lines(provider=provider, model=model or f"far-{name}") + (
        "\n[[price]]\nsince = 2020-01-01\nsource = 'a test'\n"
        f"checked = {datetime.now(UTC).date()}\n"
        + "".join(f"{part}_usd_per_mtok = {rate}\n" for part, rate in rates.items())
    )


def budget_record(title: str, usd: str, **said: Any) -> str:
    return lines(title=title, owner_role=said.pop("owner_role", "cfo"), usd_per_month=Decimal(usd), **said)


def lines(**said: Any) -> str:
    """Keys and values as TOML writes them; None is left out."""
    return "".join(f"{name} = {_toml(value)}\n" for name, value in said.items() if value is not None)


def make_key(app: App, team: str = TEAM, workflow: str = WORKFLOW, **said: Any) -> str:
    """A key's secret, made by the owner of this machine; `said` as `KeyWish` takes it (`cap_usd` also as text)."""
    cap = said.pop("cap_usd", None)
    wish = KeyWish(team=team, workflow=workflow, cap_usd=None if cap is None else Decimal(cap), **said)
    return app.keys.create(app.principal(), wish).secret


def make_key_in(workspace: Path, *, url: str | None = None, **said: Any) -> str:
    """The same for a workspace that nobody has open."""
    app = open_app(workspace, url=url)
    try:
        return make_key(app, **said)
    finally:
        app.close()


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case list() | tuple():
            return f"[{', '.join(_toml(one) for one in value)}]"
        case _:
            return str(value)
