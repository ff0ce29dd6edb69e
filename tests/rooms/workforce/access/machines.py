"""A service account and an agent of the small company."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from tests.rooms.workforce.company import META, Office
from tiebeam.spec import Agent, ServiceAccount

FEED = ServiceAccount(
    id="erp-feed",
    meta=META,
    title="ERP feed",
    purpose="Hands in invoices from the ERP.",
    managing_role="ap-manager",
    roles=("ap-analyst",),
    scopes=("read", "run.start"),
)
CLERK = Agent(
    id="clerk",
    meta=META,
    title="Invoice clerk",
    managing_role="ap-manager",
    tools=("invoices.read",),
    data_scopes=("invoices",),
    autonomy="supervised",
)


def declare(office: Office, **changes: Any) -> None:
    """The machines of the company; `feed` and `clerk` change their records, None removes them."""
    feed, clerk = changes.get("feed", {}), changes.get("clerk", {})
    office.company = replace(
        office.company,
        service_accounts={} if feed is None else {"erp-feed": FEED.model_copy(update=feed)},
        agents={} if clerk is None else {"clerk": CLERK.model_copy(update=clerk)},
    )


LAST_DAY = date(2026, 3, 3)
