"""Which places beyond the public internet an operator vouches for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from tiebeam.connect.outgoing.addresses import Address, Network, Standing, is_inside, plain_address, standing_of
from tiebeam.connect.outgoing.destination import Destination, read_host
from tiebeam.connect.outgoing.errors import OutgoingRefused
from tiebeam.errors import Invalid

_SETTING = "[outgoing] allow in tiebeam.toml, or private_network = true in the system's record"
_WIDEST = {4: 8, 6: 32}


@dataclass(frozen=True, slots=True)
class Allowed:
    """Host names and networks that may lie inside the own network and be spoken to without encryption."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def names(self, destination: Destination) -> bool:
        if destination.address is not None and is_inside(destination.address, self.networks):
            return True
        return destination.host in self.hosts

    def check(self, destination: Destination, addresses: Sequence[Address]) -> None:
        """Every one of `addresses` may be connected to. Raises OutgoingRefused, which names the first that may not."""
        for address in addresses:
            self._check_address(destination, address)
        if destination.scheme == "http" and not all(self._vouched(destination, address) for address in addresses):
            raise unencrypted(destination)

    def _check_address(self, destination: Destination, address: Address) -> None:
        standing = standing_of(address)
        match standing:
            case Standing.PUBLIC:
                return
            case Standing.METADATA | Standing.NEVER:
                raise OutgoingRefused(
                    f"{_leads(destination, address)}, which is {_WORDS[standing]} and never connected to",
                    host=destination.host,
                )
            case Standing.LOOPBACK:
                is_allowed = self._names_loopback(destination, address)
            case Standing.PRIVATE:
                is_allowed = self._vouched(destination, address)
        if not is_allowed:
            entry = destination.host if standing is Standing.PRIVATE else str(plain_address(address))
            raise OutgoingRefused(
                f"{_leads(destination, address)}, which is {_WORDS[standing]}; if that is meant, "
                f"list {entry!r} in {_SETTING}",
                host=destination.host,
            )

    def _vouched(self, destination: Destination, address: Address) -> bool:
        return destination.host in self.hosts or is_inside(address, self.networks)

    def _names_loopback(self, destination: Destination, address: Address) -> bool:
        """A name that an entry vouches for must not turn into this machine by an answer of the name service."""
        named = destination.host == "localhost" and "localhost" in self.hosts
        return named or is_inside(address, [one for one in self.networks if one.is_loopback])


_WORDS = {
    Standing.PRIVATE: "inside a private network",
    Standing.LOOPBACK: "this machine",
    Standing.METADATA: "a cloud's metadata service",
    Standing.NEVER: "a reserved or link-local address",
}


def read_allowed(entries: Collection[str]) -> Allowed:
    """Entries are host names ("erp.internal"), addresses ("10.1.2.3") and networks ("10.1.0.0/16").

    Raises Invalid for any other text, and for networks so wide that they allow everything.
    """
    hosts: set[str] = set()
    networks: list[Network] = []
    for entry in entries:
        network = _network(entry)
        if network is not None:
            networks.append(network)
            continue
        try:
            host, _ = read_host(entry)
        except OutgoingRefused as problem:
            raise Invalid(f"{entry!r} is no destination to allow: {problem.message}") from problem
        hosts.add(host)
    return Allowed(frozenset(hosts), tuple(networks))


def unencrypted(destination: Destination) -> OutgoingRefused:
    return OutgoingRefused(
        f"{destination} is not encrypted; use https, or list {destination.host!r} in {_SETTING}", host=destination.host
    )


def _network(entry: str) -> Network | None:
    try:
        network = ip_network(entry.strip("[]"), strict=True)
    except ValueError as problem:
        if "/" in entry:
            raise Invalid(f"{entry!r} is no network to allow: {problem}; write it as '10.1.0.0/16'") from problem
        return None
    if network.prefixlen < _WIDEST[network.version]:
        raise Invalid(f"the network {entry!r} is too wide to allow; name what is really used")
    return network


def _leads(destination: Destination, address: Address) -> str:
    if destination.address is not None:
        return f"{destination} leads to {plain_address(address)}"
    return f"{destination} leads to {address} by its name"
