"""Routes on any host: everything in 127.0.0.0/8 is its own."""

import socket

import pytest

from lvs.doctor import routes
from lvs.doctor.routes import AT_ONCE, read_routes
from lvs.errors import LvsError

OWN = [f"127.0.{i // 250}.{i % 250 + 1}" for i in range(100)]


def test_each_of_many_addresses_has_its_route():
    found = read_routes(OWN[: 2 * AT_ONCE + 1], {})
    assert list(found) == OWN[: 2 * AT_ONCE + 1]
    assert all(route.local for route in found.values())


def test_without_addresses_nothing_is_asked():
    assert read_routes([], {}) == {}


def test_an_address_that_comes_twice_is_asked_once():
    assert list(read_routes(["127.0.0.1", "127.0.0.2", "127.0.0.1"], {})) == OWN[:2]


class Narrow(socket.socket):
    """It has room for a few answers."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)


class Silent(socket.socket):
    """Nobody hears its questions."""

    def send(self, data):
        return len(data)


@pytest.mark.parametrize(
    ("kind", "words"), [(Narrow, "No buffer space available"), (Silent, "timed out")]
)
def test_answers_that_were_lost_are_told_as_lost(monkeypatch, kind, words):
    monkeypatch.setattr(routes, "socket", kind)
    monkeypatch.setattr(routes, "_SILENCE", 0.01)
    with pytest.raises(LvsError, match=f"The kernel doesn't tell its routes: {words}"):
        read_routes(OWN, {})
