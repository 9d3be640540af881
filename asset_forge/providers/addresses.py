"""Which addresses the service may fetch from: public ones, and what is allowed by name.

An address that came from outside could otherwise reach into the network that the service runs in.
"""

import asyncio
import ipaddress
import socket
import urllib.request
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

import httpx

Resolve = Callable[[str, int], Awaitable[list[str]]]

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# All public IPv6 is in here (IANA, IPv6 address space registry, 2026).
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")


class AddressNotAllowed(Exception):
    """An address that may not be fetched from; the message says why."""


async def resolve(host: str, port: int) -> list[str]:
    """Return every address of a host. Raises OSError when it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("no host name") from None  # a label is empty or too long
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class AddressRules:
    """`allow_private` allows everything; `allow_hosts` are names, or name:port, always allowed."""

    allow_private: bool = False
    allow_hosts: Collection[str] = ()
    resolve: Resolve = resolve

    async def addresses(self, url: httpx.URL) -> list[str] | None:
        """Return the checked addresses to connect to; None when the name has to be used.

        That is when the name itself is allowed, and when a proxy of the environment connects: it
        looks names up by itself, perhaps names that only it knows. All addresses of a host must be
        public. Raises AddressNotAllowed, or OSError when the host has no address.
        """
        if url.scheme not in ("http", "https"):
            raise AddressNotAllowed("only http and https addresses are fetched")
        host = host_name(url)
        if not host:
            raise AddressNotAllowed("it names no host")
        if not 0 < port_of(url) < 65536:
            raise AddressNotAllowed("it names a port that does not exist")
        if url.userinfo:
            raise AddressNotAllowed("it must not hold a user name or a password")
        if self.allow_private or self._is_named(url):
            return None
        proxied = _goes_through_proxy(url)
        try:
            addresses = await self.resolve(host, port_of(url))
        except OSError:
            if not proxied:
                raise
            return None
        if not addresses or not all(is_public(address) for address in addresses):
            raise AddressNotAllowed(f"{host!r} is not a public address")
        return None if proxied else addresses

    def _is_named(self, url: httpx.URL) -> bool:
        host = host_name(url)
        return host in self.allow_hosts or f"{host}:{port_of(url)}" in self.allow_hosts


def _goes_through_proxy(url: httpx.URL) -> bool:
    proxies = urllib.request.getproxies()
    return (url.scheme in proxies or "all" in proxies) and not urllib.request.proxy_bypass(
        host_name(url)
    )


def host_name(url: httpx.URL) -> str:
    """Return a host as it goes over the wire: `url.host` decodes it, and fails at odd names."""
    return url.raw_host.decode("ascii").strip("[]").lower()


def port_of(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def server_of(base_url: str) -> str:
    """Return name:port of a configured address, for `allow_hosts`: no other port of the host."""
    url = httpx.URL(base_url)
    return f"{host_name(url)}:{port_of(url)}"


def is_public(address: str) -> bool:
    """Say whether an IP address can only be outside: not private, loopback, link-local and so on.

    IPv4 inside IPv6 (mapped, 6to4, Teredo, NAT64) counts as the IPv4 address it leads to.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return _is_public_v4(found)
    inner = _inner_v4(found)
    if inner is not None:
        return _is_public_v4(inner)
    return found in _GLOBAL_UNICAST and found.is_global and not found.is_multicast


def _is_public_v4(address: ipaddress.IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner_v4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour
