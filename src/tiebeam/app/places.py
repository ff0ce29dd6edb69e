"""Where runs belong in the ledger, for processes that load the room of the runs only when they must."""

from tiebeam.workflow.runs import run_places

__all__ = ["run_places"]
