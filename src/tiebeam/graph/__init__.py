"""Declared files as one typed graph: load, check, look up, apply."""

from tiebeam.graph.graph import Graph, Node
from tiebeam.graph.layout import Kind
from tiebeam.graph.loading import check, library_root, load
from tiebeam.graph.locking import LibraryChanged, LockedRecord, lock, locked_records, read_lock
from tiebeam.graph.problems import GraphBroken, Problem, Severity
from tiebeam.graph.snapshots import SnapshotBroken, applied, applied_digest, apply
from tiebeam.graph.workspace import (
    FolderNotEmpty,
    NoWorkspace,
    UnknownExample,
    find_workspace,
    init_workspace,
    list_examples,
)

__all__ = [
    "FolderNotEmpty",
    "Graph",
    "GraphBroken",
    "Kind",
    "LibraryChanged",
    "LockedRecord",
    "NoWorkspace",
    "Node",
    "Problem",
    "Severity",
    "SnapshotBroken",
    "UnknownExample",
    "applied",
    "applied_digest",
    "apply",
    "check",
    "find_workspace",
    "init_workspace",
    "library_root",
    "list_examples",
    "load",
    "lock",
    "locked_records",
    "read_lock",
]
