import socket
from typing import Any

import httpx
import pytest

from asset_forge.providers.addresses import AddressNotAllowed, AddressRules, is_public, server_of


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "2002:7f00:1::",  # 6to4 of 127.0.0.1
        "2002:0a00:0001::",
        "2001:0:5ef5:79fd:0:0:f5ff:fffe",  # Teredo of 10.0.0.1
        "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "not an address",
    ],
)
def test_is_public_inner_address_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "104.18.1.1", "2606:4700::6812:101", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_is_public_outer_address_is_allowed(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://017700000001/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::ffff:0:127.0.0.1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::]/",
        "http://[64:ff9b:1::7f00:1]/",
        "http://[fe80::1%25eth0]/",
        "http://0x7f.0.0.1/",
        "http://127.0.0.1./",
        "http://localhost.localdomain./",
        "http://0/",
        "https://10.0.0.8:8443/x",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
async def test_addresses_every_way_to_write_an_inner_host_is_refused(url: str) -> None:
    with pytest.raises((AddressNotAllowed, OSError)):
        await AddressRules().addresses(httpx.URL(url))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.com/x", "http"),
        ("file:///etc/passwd", "http"),
        ("/relative", "http"),
        ("http:///x", "host"),
        ("http://example.com:99999/x", "port"),
        ("http://user:pass@example.com/x", "password"),
    ],
)
async def test_addresses_unfit_url_is_refused(url: str, reason: str) -> None:
    with pytest.raises(AddressNotAllowed, match=reason):
        await AddressRules(allow_private=True).addresses(httpx.URL(url))


async def test_addresses_octal_quad_cannot_even_be_written() -> None:
    with pytest.raises(httpx.InvalidURL):
        httpx.URL("http://0177.0.0.1/")


async def test_addresses_host_with_one_inner_address_is_refused() -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["8.8.8.8", "10.0.0.1"]

    with pytest.raises(AddressNotAllowed, match="not a public address"):
        await AddressRules(resolve=resolve).addresses(httpx.URL("http://two.example/"))


async def test_addresses_host_without_any_address_is_refused() -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return []

    with pytest.raises(AddressNotAllowed):
        await AddressRules(resolve=resolve).addresses(httpx.URL("http://none.example/"))


async def test_addresses_with_a_proxy_public_host_is_called_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")

    async def resolve(_host: str, _port: int) -> list[str]:
        return ["8.8.8.8"]

    rules = AddressRules(resolve=resolve)

    assert await rules.addresses(httpx.URL("https://assets.example/x.glb")) is None


async def test_addresses_public_host_gives_what_was_checked() -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["8.8.8.8", "2606:4700::1"]

    found = await AddressRules(resolve=resolve).addresses(httpx.URL("https://ok.example/"))

    assert found == ["8.8.8.8", "2606:4700::1"]


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.1:9000"])
async def test_addresses_allowed_host_is_taken_by_name(allowed: str) -> None:
    rules = AddressRules(allow_hosts={allowed})

    assert await rules.addresses(httpx.URL("http://127.0.0.1:9000/x")) is None


async def test_addresses_allowed_port_does_not_allow_another() -> None:
    rules = AddressRules(allow_hosts={"127.0.0.1:9000"})

    with pytest.raises(AddressNotAllowed):
        await rules.addresses(httpx.URL("http://127.0.0.1:9001/x"))


async def test_addresses_with_a_proxy_inner_host_is_refused_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")

    with pytest.raises(AddressNotAllowed):
        await AddressRules().addresses(httpx.URL("http://localhost/"))


async def test_addresses_with_a_proxy_unknown_name_is_left_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")

    async def resolve(_host: str, _port: int) -> list[str]:
        raise socket.gaierror("unknown here")

    rules = AddressRules(resolve=resolve)

    assert await rules.addresses(httpx.URL("https://assets.example/x.glb")) is None


async def test_addresses_impossible_label_is_an_oserror() -> None:
    with pytest.raises(OSError, match="no host name"):
        await AddressRules().addresses(httpx.URL("http://" + "a" * 70 + ".example/"))


def test_server_of_base_url_is_lower_case_with_its_port() -> None:
    cases: dict[str, Any] = {
        "http://LocalHost:11434/v1": "localhost:11434",
        "https://api.meshy.ai": "api.meshy.ai:443",
        "http://[::1]/": "::1:80",
    }
    assert {url: server_of(url) for url in cases} == cases


async def test_addresses_server_of_a_maker_does_not_open_its_other_ports() -> None:
    rules = AddressRules(allow_hosts={server_of("http://[::1]:11434/v1")})

    assert await rules.addresses(httpx.URL("http://[::1]:11434/x.png")) is None
    with pytest.raises(AddressNotAllowed):
        await rules.addresses(httpx.URL("http://[::1]:6379/"))
