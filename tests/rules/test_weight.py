"""The core stays light: what `make run` installs is counted and weighed in a fresh environment."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.rules.source_tree import ROOT

MOST_DISTRIBUTIONS = 60
MOST_MEGABYTES = 220


def test_the_lock_names_no_more_than_sixty_distributions() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    names = re.findall(r"^([a-z0-9][\w.-]*)==", text, re.MULTILINE)

    assert len(set(names)) + 1 <= MOST_DISTRIBUTIONS  # and Tiebeam itself


def test_every_requirement_is_locked_by_hash() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock", "requirements-build.lock"):
        text = (ROOT / lock).read_text(encoding="utf-8")
        for block in re.split(r"\n(?=[a-z0-9])", text.partition("\n\n")[2] or text):
            if re.match(r"[a-z0-9][\w.-]*==", block):
                assert "--hash=sha256:" in block, block


def test_the_three_locks_agree() -> None:
    dev = _versions("requirements-dev.lock")

    for lock in ("requirements.lock", "requirements-build.lock"):
        assert {name: version for name, version in _versions(lock).items() if dev.get(name) != version} == {}


@pytest.mark.weight
def test_the_core_weighs_no_more_than_it_may(record_property: Callable[[str, object], None]) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools/measure_weight.py"], check=True, capture_output=True, text=True
    )
    measured = json.loads(done.stdout)
    record_property("measured", measured)

    assert measured["distributions"] <= MOST_DISTRIBUTIONS, measured["names"]
    assert measured["megabytes"] <= MOST_MEGABYTES, measured["heaviest"]


def _versions(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9][\w.-]*)==(\S+)", text, re.MULTILINE))
