"""Where calls go: a served model by its name, or the model that a policy has for their class of task."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NoReturn

from tiebeam.economics.routing.problems import (
    EndpointNotServed,
    NoModelFits,
    NotApproved,
    UnknownModel,
    UnknownTaskClass,
)
from tiebeam.economics.routing.register import Register
from tiebeam.economics.routing.route import Daily, Facts, Route, Target, words
from tiebeam.graph import Graph
from tiebeam.spec import Endpoint, RouteMode, RoutePolicy, ServedModel, TaskClass, Upstream

Scores = Callable[[str, str, str], Decimal | None]
"""The latest result of (served model, provider's model, evaluation); None where none was recorded."""
_SHARES = 1 << 32
_BYTES_A_TOKEN = 4
_MOST_REMEMBERED = 4_096


def no_scores(served: str, model: str, evaluation: str) -> Decimal | None:
    """Of a workspace in which nothing was evaluated."""
    del served, model, evaluation
    return None


@dataclass(frozen=True, slots=True)
class Passed:
    """A model that was not chosen, and why."""

    served: ServedModel
    why: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a class comes to on a day: the places, best first, and what was passed over."""

    targets: tuple[Target, ...]
    passed: tuple[Passed, ...]


class Router:
    """Immutable; made anew when the workspace or the results change. Nothing here waits for anything."""

    def __init__(
        self,
        *,
        served: Mapping[str, ServedModel],
        upstreams: Mapping[str, Upstream],
        policies: Mapping[str, RoutePolicy],
        register: Register,
        scores: Scores = no_scores,
    ) -> None:
        self._served = {one.name: one for one in served.values()}
        self._by_id = served
        self._upstreams = upstreams
        self._register = register
        self._scores = scores
        self._policies = {name: one for one in policies.values() for name in (*one.also_for, one.name)}
        self._remembered: dict[tuple[str, Endpoint, date], Chosen] = {}

    @classmethod
    def of(cls, graph: Graph, *, scores: Scores = no_scores) -> Router:
        return cls(
            served=graph.served,
            upstreams=graph.upstreams,
            policies=graph.routes,
            register=Register(graph.approvals.values()),
            scores=scores,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Every name a client may write in `model`, sorted."""
        return tuple(sorted({*self._served, *self._policies}))

    @property
    def daily(self) -> tuple[Daily, ...]:
        """Classes with a cap for the day."""
        policies = {one.id: one for one in self._policies.values()}.values()
        return tuple(found for one in policies for part in one.task_class if (found := _daily(one, part)) is not None)

    def route(self, name: str, *, facts: Facts, task_class: str = "", workflow: str = "") -> Route:
        """Where a call for the model `name` goes.

        Raises UnknownModel, UnknownTaskClass, EndpointNotServed, NotApproved, NoModelFits.
        """
        policy, meant = self._policies.get(name), self._served.get(name)
        if policy is None:
            if meant is None:
                raise self._unknown(name)
            return self._direct(name, meant, facts)
        if policy.mode is RouteMode.LIVE or meant is None or name == policy.name:
            return self._routed(name, policy, facts, task_class, workflow)
        if policy.mode is RouteMode.CANARY and _is_drawn(policy, facts):
            routed = self._routed(name, policy, facts, task_class, workflow)
            return replace(routed, explanation=words(f"{routed.explanation}; canary"))
        return self._shadowed(name, meant, policy, facts, task_class, workflow)

    def class_of(self, policy: RoutePolicy, task_class: str, workflow: str) -> TaskClass:
        """The class a call says, else the one of its workflow, else the policy's own. Raises UnknownTaskClass."""
        if task_class:
            # The ledger writes "policy/class"; whoever copies that from there means the class.
            said = task_class.removeprefix(f"{policy.id}/")
            found = next((one for one in policy.task_class if one.name == said), None)
            if found is None:
                known = ", ".join(one.name for one in policy.task_class)
                raise UnknownTaskClass(
                    f"the route {policy.id!r} has no task class {task_class[:100]!r}; it has {known}",
                    route=policy.id,
                )
            return found
        fallback = next(one for one in policy.task_class if one.name == policy.default_class)
        return next((one for one in policy.task_class if workflow and workflow in one.workflows), fallback)

    def choose(self, policy: RoutePolicy, part: TaskClass, endpoint: Endpoint, day: date) -> Chosen:
        """The models of a class that are approved, good enough and speak the endpoint, in the order of preference."""
        known = self._remembered.get((f"{policy.id}/{part.name}", endpoint, day))
        if known is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            targets: list[Target] = []
            passed: list[Passed] = []
            for served_id in part.models:
                served = self._by_id.get(served_id)
                if served is None:
                    continue
                fitting, why = self._fitting(served, part, endpoint, day)
                targets += fitting
                if not fitting:
                    passed.append(Passed(served, why))
            known = Chosen(tuple(targets), tuple(passed))
            self._remembered[(f"{policy.id}/{part.name}", endpoint, day)] = known
        return known

    def _direct(self, name: str, served: ServedModel, facts: Facts) -> Route:
        day = _day_of(facts)
        known = self._remembered.get((f"={name}", facts.endpoint, day))
        if known is None:
            known = Chosen(tuple(self._places(served, facts.endpoint, day)), ())
            self._remembered[(f"={name}", facts.endpoint, day)] = known
        if not known.targets:
            self._refuse(served, facts.endpoint, day)
        return Route(asked=name, targets=known.targets, explanation=words(f"{served.id}, as asked"))

    def _shadowed(
        self, name: str, meant: ServedModel, policy: RoutePolicy, facts: Facts, task_class: str, workflow: str
    ) -> Route:
        """Where it was meant for, with where the policy would have sent it."""
        direct = self._direct(name, meant, facts)
        try:
            routed = self._routed(name, policy, facts, task_class, workflow)
        except (NoModelFits, EndpointNotServed) as refusal:
            shadow = f"{policy.id} would have refused: {refusal.message}"
            return replace(direct, shadow=words(shadow), explanation=words(f"{direct.explanation}; {shadow}"))
        shadow = f"{routed.task_class}: {routed.served.id}"
        said = f"{direct.explanation}; {policy.mode.value}, {policy.id} would have taken {shadow}"
        return replace(direct, shadow=words(shadow), explanation=words(said))

    def _routed(self, name: str, policy: RoutePolicy, facts: Facts, task_class: str, workflow: str) -> Route:
        part = self.class_of(policy, task_class, workflow)
        chosen = self.choose(policy, part, facts.endpoint, _day_of(facts))
        targets = tuple(one for one in chosen.targets if _takes(one.served, facts))
        label = f"{policy.id}/{part.name}"
        if not targets:
            why = [f"{one.served.id}: {one.why}" for one in chosen.passed]
            why += [f"{one.served.id}: the prompt is too long or holds images" for one in chosen.targets]
            raise NoModelFits(
                f"no model of the task class {label!r} can take this call ({'; '.join(dict.fromkeys(why))}); "
                "record a result that meets the floor, have a provider approved, or ask for another class",
                task_class=label,
            )
        said = f"{label}: {targets[0].served.id}, {part.capability.value}"
        if part.output_token_cap is not None:
            said += f", at most {part.output_token_cap} tokens out"
        better = part.models[: part.models.index(targets[0].served.id)]
        passed = [f"{one.served.id} ({one.why})" for one in chosen.passed if one.served.id in better]
        if passed:
            said += f"; passed over {', '.join(passed)}"
        return Route(
            asked=name,
            targets=targets,
            explanation=words(said),
            task_class=label,
            output_cap=part.output_token_cap,
            daily=_daily(policy, part),
        )

    def _fitting(self, served: ServedModel, part: TaskClass, endpoint: Endpoint, day: date) -> tuple[list[Target], str]:
        """Its places for this class, or none and why."""
        places = list(self._places(served, endpoint, day))
        if not places:
            return [], self._why_nowhere(served, endpoint, day)
        if part.quality_floor is None or part.evaluation is None:
            return places, ""
        good: list[Target] = []
        why = f"no result on {part.evaluation}"
        for place in places:
            score = self._scores(served.id, place.model, part.evaluation)
            if score is not None and score >= part.quality_floor:
                good.append(place)
            elif score is not None:
                why = f"{score:f} on {part.evaluation}, floor {part.quality_floor:f}"
        return good, why

    def _places(self, served: ServedModel, endpoint: Endpoint, day: date) -> Iterator[Target]:
        for serving in served.serving:
            upstream = self._upstreams[serving.upstream]
            if endpoint in upstream.speaks and self._register.allows(upstream, serving.model, day):
                yield Target(served, serving, upstream)

    def _speaking(self, served: ServedModel, endpoint: Endpoint) -> bool:
        return any(endpoint in self._upstreams[one.upstream].speaks for one in served.serving)

    def _why_nowhere(self, served: ServedModel, endpoint: Endpoint, day: date) -> str:
        if not self._speaking(served, endpoint):
            return f"not served at /v1/{endpoint.value}"
        speaking = [one for one in served.serving if endpoint in self._upstreams[one.upstream].speaks]
        return self._register.why_not(self._upstreams[speaking[0].upstream], speaking[0].model, day)

    def _refuse(self, served: ServedModel, endpoint: Endpoint, day: date) -> NoReturn:
        why = self._why_nowhere(served, endpoint, day)
        if not self._speaking(served, endpoint):
            raise EndpointNotServed(
                f"the model {served.name!r} is {why}; ask for it at another endpoint, "
                f"or add {endpoint.value!r} to `endpoints` of its upstream if that speaks it",
                model=served.name,
            )
        raise NotApproved(
            f"the model {served.name!r} may not be called: {why}. Ask who keeps the register of approvals",
            model=served.name,
        )

    def _unknown(self, name: str) -> UnknownModel:
        known = ", ".join(self.names[:20]) or "none yet; declare one below served/"
        return UnknownModel(f"no model is served as {name[:100]!r}; there are {known}", model=name[:200])


def _daily(policy: RoutePolicy, part: TaskClass) -> Daily | None:
    return None if part.tokens_per_day is None else Daily(f"{policy.id}/{part.name}", part.tokens_per_day)


def _takes(served: ServedModel, facts: Facts) -> bool:
    """Whether the model can read the request: what is counted as input may well be a quarter as many tokens."""
    if facts.has_images and served.max_image_tokens == 0:
        return False
    return facts.input_bound // _BYTES_A_TOKEN <= served.context_tokens


def _is_drawn(policy: RoutePolicy, facts: Facts) -> bool:
    # A call that belongs to no execution is drawn by its moment.
    share = zlib.crc32(f"{policy.id}:{facts.draw or facts.now_ms}".encode()) / _SHARES
    return policy.canary_share is not None and share < policy.canary_share


def _day_of(facts: Facts) -> date:
    return datetime.fromtimestamp(facts.now_ms / 1000, tz=UTC).date()
