"""Looking after runs: pausing, cancelling, doing again, forking, migrating, replaying, and what stands still."""

from tiebeam.workflow.operating import tables
from tiebeam.workflow.operating.cancelling import CancelPreview, EffectOpen
from tiebeam.workflow.operating.choosing import APPLIED, PINNED
from tiebeam.workflow.operating.comparing import Fit, compare
from tiebeam.workflow.operating.desk import Desk
from tiebeam.workflow.operating.forking import ForkOf, ForkPreview, NotForkable, fork_of, forks_from
from tiebeam.workflow.operating.migrating import Migrated, MigrationPreview, RunFit
from tiebeam.workflow.operating.operating import Operating
from tiebeam.workflow.operating.order import instances_from
from tiebeam.workflow.operating.pausing import NotPausable, NotPaused
from tiebeam.workflow.operating.quarantine import PutAside, Quarantine, error_of, put_aside
from tiebeam.workflow.operating.replaying import NotReplayable, Replay, ReplayedStep
from tiebeam.workflow.operating.retrying import EffectStands, NotRewindable, RewindPreview
from tiebeam.workflow.operating.stalling import Stall, Stalling, stall_of, stalls
from tiebeam.workflow.operating.tailing import Happening, Tail, happenings
from tiebeam.workflow.operating.undoing import Trace

__all__ = [
    "APPLIED",
    "PINNED",
    "CancelPreview",
    "Desk",
    "EffectOpen",
    "EffectStands",
    "Fit",
    "ForkOf",
    "ForkPreview",
    "Happening",
    "Migrated",
    "MigrationPreview",
    "NotForkable",
    "NotPausable",
    "NotPaused",
    "NotReplayable",
    "NotRewindable",
    "Operating",
    "PutAside",
    "Quarantine",
    "Replay",
    "ReplayedStep",
    "RewindPreview",
    "RunFit",
    "Stall",
    "Stalling",
    "Tail",
    "Trace",
    "compare",
    "error_of",
    "fork_of",
    "forks_from",
    "happenings",
    "instances_from",
    "put_aside",
    "stall_of",
    "stalls",
    "tables",
]
