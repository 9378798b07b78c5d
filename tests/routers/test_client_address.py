"""Whose address counts: only what our own proxies wrote, whatever a client wrote before them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from app.dependencies import client_address

PEER = "10.0.0.9"


def seen(hops: int, *lines: str, peer: str | None = PEER) -> str:
    """The address that counts when the header came in these lines behind so many proxies."""
    scope = {
        "type": "http",
        "headers": [(b"x-forwarded-for", line.encode("latin-1", "replace")) for line in lines],
        "client": (peer, 1234) if peer else None,
        "app": SimpleNamespace(state=SimpleNamespace(settings=SimpleNamespace(trusted_proxies=hops))),
    }
    return client_address(Request(scope))


@pytest.mark.parametrize(
    ("hops", "lines", "address"),
    [
        # without a proxy nothing is believed
        (0, (), PEER),
        (0, ("203.0.113.7",), PEER),
        (0, ("203.0.113.7, 198.51.100.1", "192.0.2.1"), PEER),
        # one proxy: the last entry
        (1, (), PEER),
        (1, ("",), PEER),
        (1, ("203.0.113.7",), "203.0.113.7"),
        (1, ("1.1.1.1, 2.2.2.2, 203.0.113.7",), "203.0.113.7"),
        (1, ("1.1.1.1,203.0.113.7",), "203.0.113.7"),
        # a proxy that adds a line of its own instead of a comma
        (1, ("1.1.1.1", "203.0.113.7"), "203.0.113.7"),
        (1, ("1.1.1.1, 2.2.2.2", "203.0.113.7"), "203.0.113.7"),
        # two proxies: the last but one
        (2, ("203.0.113.7",), PEER),
        (2, ("203.0.113.7, 10.0.0.1",), "203.0.113.7"),
        (2, ("1.1.1.1, 203.0.113.7, 10.0.0.1",), "203.0.113.7"),
        (2, ("1.1.1.1", "203.0.113.7", "10.0.0.1"), "203.0.113.7"),
        (2, ("1.1.1.1, 203.0.113.7", "10.0.0.1"), "203.0.113.7"),
        # garbage where a proxy should have written is nobody's address
        (1, ("unknown",), PEER),
        (1, ("203.0.113.7,",), PEER),
        (1, ("203.0.113.7, ",), PEER),
        (1, ("203.0.113.7, _hidden",), PEER),
        (1, ("203.0.113.999",), PEER),
        (1, ("203.0.113.7 203.0.113.8",), PEER),
        (1, ("0x7f.1",), PEER),
        (1, ("x" * 10_000,), PEER),
        (2, ("nonsense, 10.0.0.1",), PEER),
        (2, (", 10.0.0.1",), PEER),
        # IPv6 in one spelling, the mapped IPv4 as what it is
        (1, ("2001:DB8:0:0:0:0:0:7",), "2001:db8::7"),
        (1, ("[2001:db8::7]",), "2001:db8::7"),
        (1, ("::ffff:203.0.113.7",), "203.0.113.7"),
        (1, ("fe80::1%anything",), "fe80::1"),
        # with a port
        (1, ("203.0.113.7:51234",), "203.0.113.7"),
        (1, ("[2001:db8::7]:51234",), "2001:db8::7"),
        (1, ("[203.0.113.7",), PEER),
        (1, ("203.0.113.7:port",), PEER),
    ],
)
def test_the_address_that_our_proxies_saw_counts(hops: int, lines: tuple[str, ...], address: str) -> None:
    assert seen(hops, *lines) == address


def test_a_request_from_nowhere_has_a_word_for_an_address() -> None:
    assert seen(0, peer=None) == "unknown"
    assert seen(1, "nonsense", peer=None) == "unknown"


@given(
    st.lists(st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60), max_size=4),
    st.integers(1, 3),
)
def test_nothing_that_a_client_writes_moves_the_address(lines: list[str], hops: int) -> None:
    proxies = ["203.0.113.7", *(f"10.0.0.{n}" for n in range(1, hops))]
    joined = ", ".join([*lines[-1:], *proxies])
    assert seen(hops, *lines[:-1], joined) == "203.0.113.7"
    assert seen(hops, *lines, *proxies) == "203.0.113.7"
