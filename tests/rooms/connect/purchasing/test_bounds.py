"""Tables and files of orders beyond any size are refused by name before they are worked through."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tiebeam.connect.purchasing import ReferenceUnreadable, load_orders, load_policy


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(300 * 1024 * 1024)


def _doctype(codec: str) -> Callable[[Path], None]:
    text = '<!DOCTYPE Order [<!ENTITY a "x">]><Order xmlns="urn:x"><ID>&a;</ID></Order>'
    return lambda path: (path.write_bytes(text.encode(codec)), None)[1]


# ids: B7
@pytest.mark.parametrize(
    ("name", "write", "says"),
    [
        ("orders.csv", _sparse, "larger than 200 MiB"),
        ("orders.csv", lambda path: path.write_text("a," * 400 + "\n" + "1," * 400 + "\n"), "300 columns"),
        ("orders.csv", lambda path: path.write_text("a,b\n" + "x" * 200_000 + ",1\n"), "field limit"),
        ("orders.xml", _sparse, "larger than 20 MiB"),
        ("orders.xml", _doctype("utf-8"), "DOCTYPE"),
        ("orders.xml", _doctype("utf-16"), "DOCTYPE"),
        ("orders.xml", lambda path: path.write_bytes(b"<a>" + b"<b/>" * 1_000_000 + b"</a>"), "tags"),
    ],
    ids=["a huge table", "columns", "a huge cell", "huge XML", "a DOCTYPE", "a wide DOCTYPE", "a million tags"],
)
def test_orders_beyond_any_size_are_refused_by_name(
    tmp_path: Path, name: str, write: Callable[[Path], None], says: str
) -> None:
    path = tmp_path / name
    write(path)
    with pytest.raises(ReferenceUnreadable, match=says) as refused:
        load_orders(path)
    assert repr(name) in refused.value.message


# ids: B7
@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": ' * 100_000, '{"a": ' + "9" * 10_000 + "}", " " * 6_000_000])
def test_a_policy_that_would_break_the_parser_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.json"
    path.write_text(text)
    with pytest.raises(ReferenceUnreadable, match=r"policy\.json"):
        load_policy(path)
