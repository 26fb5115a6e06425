"""The code of an invitation: what is in it can be used, or one line says whose mistake it is."""

import base64
import json

import pytest

from lvs.agent.invitation import BadCode, Invitation
from lvs.agent.sealing import public_key_to_text
from tests.identities import own_key

DIRECTOR = "0b4d8a52-7d5c-4b8e-9f5f-3f0c1f8a2b11"
CONSOLE = public_key_to_text(own_key("console").public_key())


def code(redis_url="redis://redis.example:6379/0", director=DIRECTOR):
    parts = [1, director, "c2VjcmV0", CONSOLE, redis_url]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def problem(text):
    with pytest.raises(BadCode) as error:
        Invitation.from_code(text)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis.example",
        "redis://redis.example/",
        "rediss://redis.example:6380/2",
        "redis://[2001:db8::1]:6379/0",
        "redis://192.0.2.1:6379",
    ],
)
def test_an_address_that_can_be_used_is_taken_as_it_is(url):
    assert Invitation.from_code(code(url)).redis_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://redis.example:6379/0",
        "redis.example:6379",
        "redis://",
        "redis:///0",
        "redis://:6379/0",
        "redis://redis.example:99999/0",
        "redis://redis.example:0/0",
        "redis://redis.example:port/0",
        "redis://redis.example:-1/0",
        "redis://[2001:db8::1",
        "redis://redis..example/0",
        "redis://" + "a" * 70 + "/0",
        "redis://red is/0",
        "redis://redis\x00/0",
        "redis://\ud800/0",
        "redis://redis.example/first",
        "redis://redis.example/0?socket_timeout=soon",
        "rediss://redis.example/0?ssl_cert_reqs=none",
        "redis://redis.example/0#1",
        "unix:///run/redis.sock",
        "",
    ],
)
def test_an_address_that_can_not_be_used_is_the_consoles_mistake(url):
    assert "LVS_DIRECTOR_REDIS_URL" in problem(code(url))


def test_a_password_in_the_address_is_not_repeated():
    assert "secret" not in problem(code("redis://:secret@redis.example:99999/0"))
    invitation = Invitation.from_code(code("redis://:secret@redis.example/0"))
    assert invitation.redis_url == "redis://redis.example/0"
    assert invitation.place == "redis.example:6379"


@pytest.mark.parametrize("director", ["", "lb1", DIRECTOR[:-1], 7, None, [DIRECTOR], "é" * 36])
def test_what_names_no_director_is_no_invitation(director):
    assert "no invitation" in problem(code(director=director))


@pytest.mark.parametrize("url", [None, 7, ["redis://redis.example"], {}])
def test_an_address_that_is_no_text_is_no_invitation(url):
    assert "no invitation" in problem(code(url))


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("redis://redis.example:6380/0", "redis.example:6380"),
        ("redis://redis.example:/0", "redis.example:6379"),
        ("rediss://[2001:db8::1]", "[2001:db8::1]:6379"),
    ],
)
def test_people_are_told_host_and_port(url, place):
    assert Invitation.from_code(code(url)).place == place
