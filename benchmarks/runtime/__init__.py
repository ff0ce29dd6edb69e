"""What the runtime costs and survives, beside LangGraph and DBOS in the same run."""
