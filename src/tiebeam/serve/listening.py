"""Sockets that listen, bound before anything else is begun."""

from __future__ import annotations

import socket
from ipaddress import ip_address

from tiebeam.errors import TiebeamError

BACKLOG = 2048


class PortTaken(TiebeamError):
    """Somebody else listens where we should."""

    code = "port_taken"
    status = 409


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, before anything else is begun. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # Two sockets may be bound to one address as long as neither listens.
        listening.listen(BACKLOG)
    except OSError as problem:
        listening.close()
        raise PortTaken(
            f"cannot listen at {host!r} port {port}: {problem.strerror or problem}; "
            "is Tiebeam running already? Give another port with --port, 0 picks a free one",
            host=host,
            port=port,
        ) from problem
    return listening


def base_url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    if ip_address(host).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
