"""Which addresses that a caller names the app may send to: none that leads into its own network.

An address is parsed once, as browsers do (WHATWG URL), and kept in the normal form that comes of
it: a host that is written in any other way (`2130706433`, `0x7f.1`, percent-encoded) is the IPv4
address that it means. A name says nothing yet: what counts is what it resolves to at the moment of
sending, and the connection goes to an IP address that was looked at (`shared.platform.outbound`).
"""

import ipaddress
import socket
from collections.abc import Sequence
from typing import Final

from pydantic_core import Url

MAX_ADDRESS: Final = 2000  # characters; the signed address of a Power Automate flow has 300

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_INSIDE: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            "168.63.129.16/32",  # Azure's own services, in every virtual network
            "64:ff9b::/96",  # IPv4 in IPv6: NAT64 (RFC 6052),
            "64:ff9b:1::/48",  # the same, local (RFC 8215),
            "2002::/16",  # and 6to4
            "fec0::/10",  # site-local, given up long ago
        ),
    )
)
"""What counts as global by its registry and may lead inside all the same."""


class RefusedAddressError(ValueError):
    """Nothing is sent there. The text goes on after the address or the field's name."""


def checked(address: str, *, allow_private: bool) -> str:
    """The address in its normal form. Raises RefusedAddressError; asks no name server."""
    try:
        url = Url(address)
    except ValueError:
        raise RefusedAddressError("must be an address, as https://host/path") from None
    if url.scheme != "https" and not (allow_private and url.scheme == "http"):
        raise RefusedAddressError("must begin with https://")
    if url.username or url.password or url.fragment:
        raise RefusedAddressError("must have neither a user nor a fragment")
    if len(str(url)) > MAX_ADDRESS:
        raise RefusedAddressError(f"must have at most {MAX_ADDRESS} characters")
    literal = _literal(host_of(url))
    if literal is not None and not allow_private and not is_public(literal):
        raise RefusedAddressError("must not lead into a private network")
    return str(url)


def host_of(url: Url) -> str:
    """The host without the brackets of IPv6."""
    return (url.host or "").strip("[]")


def shown(address: str) -> str:
    """Scheme, host and port: all of it that may be shown, for the rest may be a secret."""
    url = Url(address)
    return str(Url.build(scheme=url.scheme, host=url.host or "", port=url.port)).rstrip("/")


def resolved(host: str, port: int, *, allow_private: bool) -> Sequence[str]:
    """IP addresses of the host that may be connected to, the best first.

    Raises RefusedAddressError where none of them may, and OSError where the name is not known.
    """
    found = [str(item[4][0]) for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    allowed = [ip for ip in found if allow_private or is_public(ipaddress.ip_address(ip))]
    if not allowed:
        raise RefusedAddressError("leads into a private network")
    return allowed


def is_public(ip: IpAddress) -> bool:
    """Whether this is a host of the internet, and not of ours, of Azure's or of this machine."""
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    if mapped is not None:
        return is_public(mapped)
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _INSIDE)


def _literal(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
