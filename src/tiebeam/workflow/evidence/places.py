"""The places for anchors that a workspace's settings name."""

from __future__ import annotations

import platform
from pathlib import Path

from tiebeam.connect.anchors import AnchorPlace, EndpointPlace, FilePlace
from tiebeam.connect.outgoing import outgoing_for
from tiebeam.connect.secrets import read_secret
from tiebeam.spec import AnchorEndpoint, WorkspaceSettings


def places_for(settings: WorkspaceSettings, *, workspace: Path, is_shared: bool) -> list[AnchorPlace]:
    """Files first. In a database that machines share, each machine keeps its own file, so its name goes along."""
    machine = f" on {platform.node()}" if is_shared else ""
    files: list[AnchorPlace] = []
    for one in settings.anchors.file:
        path = (workspace / one.path).resolve()
        files.append(FilePlace(path, name=f"file:{path}{machine}"))
    return [*files, *(_endpoint(one, settings, workspace) for one in settings.anchors.http)]


def _endpoint(record: AnchorEndpoint, settings: WorkspaceSettings, workspace: Path) -> EndpointPlace:
    reference = record.token
    return EndpointPlace(
        record.url,
        outgoing=outgoing_for(settings.outgoing, workspace=workspace),
        secret=None if reference is None else lambda: read_secret(reference, base=workspace),
    )
