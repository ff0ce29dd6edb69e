"""An existing LangGraph graph as a durable, capped, human-gated step."""

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command

from acme_answers.graph import build
from tiebeam.workflow.extend import StepCall, step


def _go_on(call: StepCall, given) -> dict[str, object]:
    def ask(prompt: str) -> str:  # every call is held against the budgets before it leaves, and charged to this run
        messages = [{"role": "user", "content": prompt}]
        return call.services.models.complete(call.run, call.step_id, model="standard", messages=messages).text

    with SqliteSaver.from_conn_string(str(call.services.workspace / ".tiebeam" / "answers.sqlite")) as saver:
        graph = build(ask).compile(checkpointer=saver)
        thread = {"configurable": {"thread_id": call.run.id}}
        known = graph.get_state(thread)  # after a crash the graph goes on where its own checkpoint stands
        if not known.values or (known.next and not known.interrupts):
            graph.invoke(None if known.values else given, thread, durability="sync")
        elif known.interrupts and isinstance(given, Command):
            graph.invoke(given, thread, durability="sync")
        state = graph.get_state(thread)
    return {"outcome": "asks" if state.interrupts else "done", **state.values}


@step("acme.draft-answer", effect="idempotent")
def draft_answer(complaint: str, call: StepCall) -> dict[str, object]:
    return _go_on(call, {"complaint": complaint})


@step("acme.finish-answer", effect="idempotent")
def finish_answer(decision: str, call: StepCall) -> dict[str, object]:
    return _go_on(call, Command(resume=decision))


STEPS = [draft_answer, finish_answer]
