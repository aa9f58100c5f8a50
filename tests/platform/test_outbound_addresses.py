"""What a caller may have us send to."""

import ipaddress

import pytest

from shared.platform.outbound_addresses import (
    RefusedAddressError,
    checked,
    is_public,
    resolved,
    shown,
)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://Hooks.Example/A?b=c d", "https://hooks.example/A?b=c%20d"),
        ("https://bücher.example", "https://xn--bcher-kva.example/"),
        ("https://8.8.8.8:8443/x", "https://8.8.8.8:8443/x"),
    ],
)
def test_an_address_is_kept_in_its_normal_form(address: str, kept: str) -> None:
    assert checked(address, allow_private=False) == kept


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hooks.example/x",
        "http://hooks.example/x",
        "ftp://hooks.example/x",
        "https://user:password@hooks.example/x",
        "https://hooks.example/#x",
        "https://hooks.example:99999/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://017700000001/",
        "https://%31%32%37.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://hooks.example/" + "x" * 2000,
    ],
)
def test_what_is_refused_at_the_door(address: str) -> None:
    with pytest.raises(RefusedAddressError):
        checked(address, allow_private=False)


def test_private_addresses_where_a_setting_allows_them() -> None:
    assert checked("http://2130706433:7000", allow_private=True) == "http://127.0.0.1:7000/"
    assert resolved("localhost", 80, allow_private=True)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "2130706433", "::ffff:127.0.0.1"])
def test_a_name_of_this_machine_leads_nowhere(name: str) -> None:
    with pytest.raises(RefusedAddressError):
        resolved(name, 443, allow_private=False)


@pytest.mark.parametrize(
    "ip",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",  # carriers' NAT
        "127.0.0.1",
        "168.63.129.16",  # Azure's
        "169.254.169.254",  # a cloud's metadata
        "172.16.0.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_no_host_of_the_internet(ip: str) -> None:
    assert not is_public(ipaddress.ip_address(ip))


@pytest.mark.parametrize("ip", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_hosts_of_the_internet(ip: str) -> None:
    assert is_public(ipaddress.ip_address(ip))


def test_only_scheme_host_and_port_are_shown() -> None:
    assert shown("https://hooks.slack.com/services/T0/B0/secret?a=b") == "https://hooks.slack.com"
    assert shown("http://[::1]:7000/secret") == "http://[::1]:7000"
