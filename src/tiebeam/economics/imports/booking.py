"""What becomes of each sighting: booked, there already, corrected, or the twin of what another source saw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec
import sqlalchemy as sa

from tiebeam.economics.imports.attribution import Attributed, Attribution
from tiebeam.economics.imports.costs import Costed
from tiebeam.economics.imports.known import Cover, Twin, Twins
from tiebeam.economics.imports.loading import Loaded
from tiebeam.economics.imports.sighting import Sighting, SightingKind
from tiebeam.economics.imports.sources import id_of
from tiebeam.economics.metering import CLASSES, Attempt, Ended, Metered, Settlement, Usage
from tiebeam.economics.tables import usage_charge

_AT_ONCE = 400
_NO_USE = ("seat", "licen", "subscription", "support", "tax", "vat", "fee")
"""Words of lines of a bill that no use of models stands behind."""


@dataclass(frozen=True, slots=True)
class Found:
    """A sighting with what is done about it. `usage` and `nano` are what is to be in the ledger from this source."""

    costed: Costed
    source: str
    charge_id: str
    attributed: Attributed
    usage: Usage
    nano: int
    is_known: bool = False
    is_changed: bool = False
    was_nano: int = 0
    """What an earlier import booked."""
    covered_by: str = ""
    """The source that saw the same use, all of it or a part."""
    covered_nano: int = 0
    """What that source's charges of it come to."""

    @property
    def is_new(self) -> bool:
        """Whether there is anything to book."""
        whole_twin = self.covered_by and self.usage == Usage() and not self.nano
        return not self.is_known and not whole_twin


class Sorting:
    def __init__(self, conn: sa.Connection, loaded: Loaded, attribution: Attribution) -> None:
        self._conn = conn
        self._loaded = loaded
        self._attribution = attribution
        self._twins: dict[str, Twins] = {}
        self._covers: dict[str, Cover] = {}

    def sorted(self, costed: Iterable[Costed]) -> Iterator[Found]:
        batch: list[Costed] = []
        for one in costed:
            batch.append(one)
            if len(batch) >= _AT_ONCE:
                yield from self._batch(batch)
                batch = []
        yield from self._batch(batch)

    def _batch(self, batch: Sequence[Costed]) -> Iterator[Found]:
        known = self._known([charge_id(one.sighting) for one in batch])
        twins = self._find_twins(batch)
        for one in batch:
            found = self._found(one)
            twin = twins.get(one.sighting.id)
            if twin is not None:
                found = replace(found, usage=Usage(), nano=0, covered_by=twin.source, covered_nano=twin.nano)
            elif one.sighting.kind is not SightingKind.CALL:
                found = self._less_cover(found)
            there = known.get(found.charge_id)
            if there is not None:
                differs = there != (found.nano, found.usage)
                found = replace(found, is_known=True, is_changed=differs, was_nano=there[0])
            yield found

    def _found(self, one: Costed) -> Found:
        seen = one.sighting
        return Found(
            costed=one,
            source=self._source(seen),
            charge_id=charge_id(seen),
            attributed=self._attribution.of(seen.names, model=seen.model, provider=seen.provider),
            usage=seen.usage,
            nano=one.nano,
        )

    def _source(self, seen: Sighting) -> str:
        return f"import:{self._loaded.source[seen.file].family}"

    def _find_twins(self, batch: Sequence[Costed]) -> dict[str, Twin]:
        calls: dict[str, list[Sighting]] = {}
        for one in batch:
            if one.sighting.kind is SightingKind.CALL:
                calls.setdefault(self._source(one.sighting), []).append(one.sighting)
        found: dict[str, Twin] = {}
        for source, some in calls.items():
            found |= self._twins.setdefault(source, Twins(source)).find(self._conn, some)
        return found

    def _less_cover(self, found: Found) -> Found:
        seen = found.costed.sighting
        cover = self._covers.setdefault(found.source, Cover(found.source))
        if seen.usage != Usage():
            there = cover.of_usage(self._conn, seen)
            if there == Usage():
                return found
            rest = Usage(*(getattr(seen.usage, name) - getattr(there, name) for name in CLASSES))
            whole, left = _tokens(seen.usage), _tokens(rest)
            nano = found.nano * left // whole
            return replace(found, usage=rest, nano=nano, covered_by="the ledger", covered_nano=found.nano - nano)
        if seen.endpoint == "seats" or any(word in seen.what.lower() for word in _NO_USE) or found.nano <= 0:
            return found
        there_nano = cover.of_amount(self._conn, seen, found.nano)
        if not there_nano:
            return found
        return replace(found, nano=found.nano - there_nano, covered_by="the ledger", covered_nano=there_nano)

    def _known(self, ids: Sequence[str]) -> dict[str, tuple[int, Usage]]:
        """What earlier imports booked, with what was corrected of it since."""
        name = sa.func.coalesce(usage_charge.c.corrects, usage_charge.c.id)
        sums = [sa.func.sum(usage_charge.c[f"{one}_tokens"]) for one in CLASSES]
        either = sa.or_(usage_charge.c.id.in_(ids), usage_charge.c.corrects.in_(ids))
        statement = sa.select(name, sa.func.sum(usage_charge.c.usd_nano), *sums).where(either).group_by(name)
        found: dict[str, tuple[int, Usage]] = {}
        for charge, nano, *tokens in map(tuple, self._conn.execute(statement.limit(len(ids) + 1))):
            found[charge] = (int(nano), Usage(*(int(one) for one in tokens)))
        return found


def charge_id(seen: Sighting) -> str:
    """The same for the same record of any export, so that it is booked once."""
    return f"imp-{id_of(seen.id)}"


def metered(found: Found) -> Metered:
    """The charge to book."""
    seen, whose = found.costed.sighting, found.attributed
    rates = found.costed.rates
    attempt = Attempt(
        id=found.charge_id,
        call_id=found.charge_id,
        at=seen.at,
        worst=0,
        nodes=(),
        team=whose.team,
        workflow=whose.workflow,
        key_id=whose.key_id,
        agent=whose.agent,
        environment=whose.environment,
        execution=seen.execution[:120],
        step_id="",
        is_run=False,
        endpoint=seen.endpoint or "bill",
        asked=(seen.what or seen.model)[:200],
        model=seen.model[:200],
        provider=seen.provider[:80],
        upstream="",
        region=seen.region[:80],
        service=seen.service,
        task_class="",
        route=f"{seen.file}, line {seen.line}"[:300],
        price="" if rates is None else rates.digest,
        source=found.source,
    )
    settlement = Settlement(
        attempt_id=found.charge_id,
        at=seen.until,
        nano=found.nano,
        usage=found.usage,
        ended=Ended.OK,
        estimated=found.costed.estimated,
        status=seen.status,
        millis=seen.millis,
        first_byte_millis=seen.first_byte_millis,
        fingerprint=seen.fingerprint[:200],
    )
    return Metered(attempt=attempt, settlement=settlement)


def remainder_of(last: Found | None, nano: int) -> Found | None:
    """What a bill has beyond what its files explain, as a charge on the last day they speak of."""
    if last is None or not nano:
        return None
    seen = last.costed.sighting
    rest = msgspec.structs.replace(
        seen,
        kind=SightingKind.FEE,
        id=f"remainder:{seen.provider}:{seen.day}:{nano}",
        model="",
        usage=Usage(),
        nano=nano,
        what="remainder of the bill",
        endpoint="bill",
        execution="",
        fingerprint="",
    )
    return Found(
        costed=Costed(rest, nano, estimated=False),
        source=last.source,
        charge_id=charge_id(rest),
        attributed=Attributed("", "", "", "", ""),
        usage=Usage(),
        nano=nano,
    )


def _tokens(usage: Usage) -> int:
    return usage.all_input + usage.all_output
