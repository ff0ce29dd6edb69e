"""The API keeps to its own description, whatever it is sent."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.builders.workspaces import opened
from tests.faces.conftest import ADMINISTRATOR, link_token, served
from tiebeam.api import build_api

pytestmark = [pytest.mark.deep, pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def described(
    request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[schemathesis.BaseSchema]:
    """Signed in as the administrator, over an application without a worker: what is sent is not carried out."""
    folder = tmp_path_factory.mktemp("described") / "company"
    shutil.copytree(template, folder)
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres_server").create()
    with opened(folder, url=url) as app:
        session = app.workforce.access.redeem_link(link_token(app, ADMINISTRATOR))
        schema = schemathesis.openapi.from_asgi("/openapi.json", served(app))
        schema.config.headers = {"cookie": f"tiebeam_session={session.secret}", "x-csrf-token": session.csrf_token}
        yield schema


OPERATIONS = sorted(
    f"{method.upper()} {path}"
    for path, operations in build_api(cast("Any", object())).openapi()["paths"].items()
    for method in operations
)


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name != "DELETE /session"])
def test_nothing_that_is_sent_makes_it_fail(described: schemathesis.BaseSchema, name: str) -> None:
    method, path = name.split()

    @settings(
        max_examples=10,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(case=described[path][method].as_strategy())
    def send(case: schemathesis.Case[Any]) -> None:
        answer = case.call()
        assert answer.status_code < 500, answer.text
        # Otherwise nothing but the door was tried.
        if name not in {"POST /session", "POST /hooks/{source}"}:
            assert answer.status_code != 401
            assert b"csrf_refused" not in answer.content

    send()
