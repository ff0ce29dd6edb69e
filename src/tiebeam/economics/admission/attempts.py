"""What is put on record of an attempt before it is made."""

from __future__ import annotations

from tiebeam.economics.admission.call import Admitted, Priced
from tiebeam.economics.metering import Attempt
from tiebeam.economics.spending import Hold


def attempt_of(admitted: Admitted, place: Priced, hold: Hold, now: int) -> Attempt:
    call, upstream = admitted.call, place.target.upstream
    return Attempt(
        id=f"{admitted.id}.{admitted.attempts}",
        call_id=admitted.id,
        at=now,
        worst=hold.nano,
        nodes=hold.nodes,
        team=call.team,
        workflow=call.workflow,
        key_id="" if call.key is None else call.key.id,
        agent=call.agent,
        environment=call.environment,
        execution=call.execution,
        step_id=call.step_id,
        is_run=call.is_run,
        endpoint=call.asked.endpoint.value,
        asked=call.asked.model,
        model=place.target.model,
        provider=upstream.provider,
        upstream=upstream.id,
        region=upstream.region or "",
        service=place.service,
        task_class=admitted.route.task_class,
        route=admitted.route.explanation,
        price=place.rates.digest,
        source=call.source,
        unenforced=hold.unenforced,
    )
