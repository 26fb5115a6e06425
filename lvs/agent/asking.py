"""Asking the console, through Redis, to be the director that it invited."""

import socket
import time
from collections.abc import Callable
from typing import Any

import redis
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from lvs.agent.config import RedisLink, with_user
from lvs.agent.facts import agent_version
from lvs.agent.invitation import (
    ANSWER_FIELDS,
    ANSWERED,
    ASKED,
    SCHEMA,
    Invitation,
    invited_user,
    password_hash,
)
from lvs.agent.link import connect, one_line
from lvs.agent.sealing import (
    EnvelopeRefused,
    key_id,
    open_body,
    public_key_from_text,
    public_key_to_text,
    seal_body,
)
from lvs.agent.streams import enrolled_key, enrolments_stream

ASK_EVERY, LOOK_EVERY = 5.0, 0.5
"""Seconds between two requests, and between two looks for the answer."""


_NOT_KNOWN = (
    "Redis does not know this invitation: it was used, withdrawn or too old, or the console's worker "
    "has not told Redis of it yet"
)


class EnrolFailed(Exception):
    """This host is not enrolled; the text says why, and what to do."""


class EnrolRefused(EnrolFailed):
    """The console itself said no, and will say so again: a new invitation is needed."""


def ask(
    invitation: Invitation,
    key: Ed25519PrivateKey,
    password: str,
    ca: str,
    timeout: float,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """The console's answer to our request, which is repeated until it comes.

    key, password: our own, new ones; ca: who may vouch for Redis; timeout: seconds; say: is told what
    happens meanwhile, once each. Raises EnrolFailed.
    """
    sealed = seal_body(ASKED, _request(invitation, key, password), invitation.key)
    user = invited_user(invitation.director)
    link = RedisLink(with_user(invitation.redis_url, user, invitation.password), ca)
    identity = key_id(key.public_key())
    deadline, asked, trouble = time.monotonic() + timeout, float("-inf"), ""
    said = {trouble}
    say(f"Asking the console through Redis at {invitation.place} …")
    with connect(link, timeout=5.0) as client:
        while time.monotonic() < deadline:
            try:
                if time.monotonic() - asked > ASK_EVERY:
                    client.xadd(enrolments_stream(invitation.director), {"m": sealed}, maxlen=20)
                    asked, trouble = time.monotonic(), ""
                text = client.get(enrolled_key(invitation.director))
                if text and (answer := _answer(text, invitation, identity)):
                    return answer
            except redis.AuthenticationError:
                trouble = _NOT_KNOWN
            except redis.RedisError as error:
                trouble = f"Redis at {invitation.place}: {one_line(error)}{_hint(error)}"
            if trouble not in said:
                say(sentence(trouble))
                said.add(trouble)
            time.sleep(LOOK_EVERY)
    why = sentence(trouble or "The console did not answer: is its worker running?")
    raise EnrolFailed(
        f"{why} This host is not enrolled; call it again, or make a new invitation in the console."
    )


def _hint(error: redis.RedisError) -> str:
    if "CERTIFICATE_VERIFY_FAILED" not in str(error):
        return ""
    return " Name the certificates of who may vouch for it with --redis-ca FILE"


def sentence(text: str) -> str:
    """The text with one full stop at its end, unless it ends as a sentence does anyway."""
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


def _request(invitation: Invitation, key: Ed25519PrivateKey, password: str) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "director": invitation.director,
        "key": public_key_to_text(key.public_key()),
        "password_hash": password_hash(password),
        "hostname": socket.gethostname()[:253],
        "agent_version": agent_version(),
    }


def _answer(text: bytes, invitation: Invitation, identity: str) -> dict[str, Any] | None:
    """The answer in the text, None when it is an older one, to somebody else. Raises EnrolFailed."""
    console: Ed25519PublicKey = public_key_from_text(invitation.console_key)
    try:
        _, answer = open_body(
            text.decode(errors="replace"), {key_id(console): console}, {ANSWERED: ANSWER_FIELDS}
        )
    except EnvelopeRefused as refusal:
        raise EnrolFailed(f"The answer is not the console's: {sentence(refusal.reason)}") from None
    if (answer["director"], answer["identity"]) != (invitation.director, identity):
        return None
    if answer["error"]:
        raise EnrolRefused(f"The console says: {sentence(answer['error'])}")
    return answer
