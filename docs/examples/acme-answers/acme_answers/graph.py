"""The graph as it was before: it drafts an answer to a complaint, asks a person, and signs what they said."""

from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt


class State(TypedDict, total=False):
    complaint: str
    draft: str
    answer: str


def prompt_for(complaint: str) -> str:
    return f"Answer this complaint in three friendly sentences:\n{complaint}"


def build(ask: Callable[[str], str]) -> StateGraph:
    """`ask` gives a model's answer to a prompt."""

    def draft(state: State) -> State:
        return {"draft": ask(prompt_for(state["complaint"]))}

    def release(state: State) -> State:
        said = interrupt({"draft": state["draft"]})
        return {"answer": state["draft"] if said == "approve" else ""}

    graph = StateGraph(State)
    graph.add_node("draft", draft)
    graph.add_node("release", release)
    graph.add_edge(START, "draft")
    graph.add_edge("draft", "release")
    graph.add_edge("release", END)
    return graph


def score(given: Mapping[str, Any]) -> dict[str, Any]:
    """Its cases are about what the model is asked, so that they need none."""
    return {"names_the_complaint": given["complaint"] in prompt_for(given["complaint"])}
