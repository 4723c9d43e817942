"""Who may connect: networks by address, or this machine only."""

from __future__ import annotations

import ipaddress

__all__ = ["Network", "allowed"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def allowed(host: str, networks: tuple[Network, ...]) -> bool:
    """Whether an address, perhaps with an interface behind a %, is in one of the networks; none: is this machine's.

    Raises:
        ValueError: it is no address.
    """
    address = ipaddress.ip_address(host.partition("%")[0])
    return any(address in network for network in networks) or (not networks and address.is_loopback)
