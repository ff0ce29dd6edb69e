"""How each kind of provider is addressed: the path of an endpoint, the header with the key, the version."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from tiebeam.connect.outgoing import Destination, OutgoingRefused, Way, Ways, read_destination, ways_for
from tiebeam.connect.secrets import read_secret
from tiebeam.connect.upstreams.credential import Credential
from tiebeam.connect.upstreams.limits import Limits
from tiebeam.errors import Invalid
from tiebeam.spec import Endpoint, OutgoingRules, Upstream, UpstreamKind

ANTHROPIC_VERSION = "2023-06-01"
BEARER, ANTHROPIC_KEY, AZURE_KEY = b"authorization: Bearer ", b"x-api-key: ", b"api-key: "
_LONGEST_MODEL = 300


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call of one endpoint goes: what stands in the request line, and the header that carries the key."""

    line: bytes
    key_header: bytes
    version: bytes
    """A header line that is sent unless the client sends its own; empty for none."""


@dataclass(frozen=True, slots=True)
class Address:
    """The same for whoever sends by other means: a URL and its headers but the key's."""

    url: str
    key_header: str
    key_prefix: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """An upstream as it is called. Kept as long as its record stays the same."""

    id: str
    kind: UpstreamKind
    destination: Destination
    way: Way
    ways: Ways
    limits: Limits
    credential: Credential | None
    api_version: str | None
    head: bytes
    """Header lines of every request."""
    _places: dict[tuple[Endpoint, str], Place] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, upstream: Upstream, *, rules: OutgoingRules, workspace: Path, largest: int) -> Target:
        """Raises Invalid where the record's address leads nowhere by its form or by the settings."""
        destination = base_of(upstream)
        ways = ways_for(rules, workspace=workspace, also_allowed=vouched(upstream))
        try:
            way = ways.way(destination)
        except OutgoingRefused as problem:
            raise Invalid(f"the upstream {upstream.id!r}: {problem.message}") from problem
        reference = upstream.secret
        # What is read here as JSON is sent as JSON, whatever its caller calls it.
        own = "user-agent: tiebeam\r\naccept-encoding: identity\r\ncontent-type: application/json\r\n"
        head = f"host: {destination.authority}\r\n{own}"
        return cls(
            id=upstream.id,
            kind=upstream.kind,
            destination=destination,
            way=way,
            ways=ways,
            limits=Limits.of(upstream, largest=largest),
            credential=None if reference is None else Credential(lambda: read_secret(reference, base=workspace)),
            api_version=upstream.api_version,
            head=head.encode("ascii"),
        )

    def path(self, endpoint: Endpoint, model: str) -> Place:
        """Where a call of that endpoint goes. `model` is the provider's name of it, which Azure has in the path."""
        named = model if self.kind is UpstreamKind.AZURE else ""
        place = self._places.get((endpoint, named))
        if place is None:
            if len(named) > _LONGEST_MODEL:
                raise Invalid(f"the model's name is longer than {_LONGEST_MODEL} characters")
            place = _place(self.kind, self.destination.target, endpoint, named, self.api_version)
            if len(self._places) < 1_000:
                self._places[endpoint, named] = place
        return place


def address_of(upstream: Upstream, endpoint: Endpoint, model: str) -> Address:
    """For the blocking client. Raises Invalid."""
    destination = base_of(upstream)
    place = _place(upstream.kind, destination.target, endpoint, model, upstream.api_version)
    name, _, prefix = place.key_header.decode("ascii").partition(": ")
    version = place.version.decode("ascii").strip().partition(": ")
    return Address(
        url=f"{destination.scheme}://{destination.authority}{place.line.decode('ascii')}",
        key_header=name,
        key_prefix=prefix,
        headers={version[0]: version[2]} if version[0] else {},
    )


def base_of(upstream: Upstream) -> Destination:
    """Where its API begins. Raises Invalid for an address that cannot be read."""
    url = upstream.base_url
    if url is None:
        url = f"https://bedrock-runtime.{upstream.region}.amazonaws.com"
    try:
        return read_destination(url)
    except OutgoingRefused as problem:
        raise Invalid(f"the base_url of upstream {upstream.id!r}: {problem.message}") from problem


def vouched(upstream: Upstream) -> tuple[str, ...]:
    """The host that its own record allows to be private."""
    host = urlsplit(upstream.base_url or "").hostname
    return (host,) if upstream.private_network and host else ()


def _place(kind: UpstreamKind, base: str, endpoint: Endpoint, model: str, version: str | None) -> Place:
    path, _, query = base.partition("?")
    path = path.rstrip("/")
    key_header, sent_version = BEARER, ""
    match kind:
        case UpstreamKind.AZURE:
            key_header = AZURE_KEY
            if path.endswith("/v1") or endpoint is Endpoint.MESSAGES:
                path = f"{path}/{endpoint}"
            else:
                path = _dated_azure_path(path, endpoint, model, version)
            if version is not None:
                query = "&".join(part for part in (query, f"api-version={quote(version, safe='')}") if part)
        case UpstreamKind.ANTHROPIC if endpoint is Endpoint.MESSAGES:
            path, key_header = f"{path}/{endpoint}", ANTHROPIC_KEY
            sent_version = f"anthropic-version: {version or ANTHROPIC_VERSION}\r\n"
        case UpstreamKind.BEDROCK:
            family = "anthropic" if endpoint is Endpoint.MESSAGES else "openai"
            path = f"{path}/{endpoint}" if path.endswith("/v1") else f"{path}/{family}/v1/{endpoint}"
            if endpoint is Endpoint.MESSAGES:
                sent_version = f"anthropic-version: {version or ANTHROPIC_VERSION}\r\n"
        case _:
            path = f"{path}/{endpoint}"
    line = f"{path}?{query}" if query else path
    return Place(line.encode("ascii"), key_header, sent_version.encode("ascii"))


def _dated_azure_path(path: str, endpoint: Endpoint, model: str, version: str | None) -> str:
    """Azure before its `/openai/v1`: a deployment in the path, and a dated version."""
    if version is None:
        raise Invalid('an Azure base_url without /openai/v1 at its end needs a dated version; add api_version = "…"')
    path = path if path.endswith("/openai") else f"{path}/openai"
    if endpoint is Endpoint.RESPONSES:
        return f"{path}/{endpoint}"
    return f"{path}/deployments/{quote(model, safe='')}/{endpoint}"
