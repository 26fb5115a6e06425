"""`python -m lvs.agent enrol CODE`: make this host the director that the console invited.

The host makes a key and a password of its own; neither leaves it. It asks for them to be taken under the
invitation's signature, through Redis, and writes its configuration once the console, by the key in the
invitation, has said yes.
"""

import argparse
import json
import os
import pwd
import secrets
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from lvs.agent.config import DEFAULT_FILE, RedisLink, with_user
from lvs.agent.console_keys import ANNOUNCED
from lvs.agent.facts import agent_version
from lvs.agent.files import write_whole
from lvs.agent.invitation import (
    ANSWER_FIELDS,
    ANSWERED,
    ASKED,
    SCHEMA,
    BadCode,
    Invitation,
    director_user,
    invited_user,
    password_hash,
)
from lvs.agent.link import connect, one_line
from lvs.agent.sealing import (
    EnvelopeRefused,
    key_id,
    open_body,
    private_key_from_text,
    private_key_to_text,
    public_key_from_text,
    public_key_to_text,
    seal_body,
)
from lvs.agent.streams import enrolled_key, enrolments_stream
from lvs.errors import LvsError
from lvs.state import DEFAULT_FOLDER

SERVICE_USER = "lvsconsole"
"""Whose file the configuration becomes when root enrols a host that has this user."""
ASK_EVERY, LOOK_EVERY = 5.0, 0.5
"""Seconds between two requests, and between two looks for the answer."""
FAILED = 1


class EnrolFailed(Exception):
    """This host is not enrolled; the text says why, and what to do."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `enrol`."""
    parser.add_argument(
        "code", help="the invitation, as the console shows it; - reads it from stdin"
    )
    parser.add_argument(  # also before `enrol`, where its default stands
        "--config", type=Path, default=argparse.SUPPRESS, metavar="FILE", help=DEFAULT_FILE
    )
    parser.add_argument("--redis-ca", default="", metavar="FILE", help="who may vouch for Redis")
    parser.add_argument(
        "--state-dir", default="", metavar="FOLDER", help="where the agent remembers"
    )
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS")


def main(options: argparse.Namespace) -> int:
    """Enrol; the exit status: 0, or 1 with the reason on stderr."""
    code = sys.stdin.read() if options.code == "-" else options.code
    try:
        name = enrol(
            Invitation.from_code(code),
            options.config,
            more={"redis_ca": options.redis_ca, "state_dir": options.state_dir},
            timeout=options.timeout,
        )
    except (EnrolFailed, BadCode, LvsError, OSError) as error:
        sys.stderr.write(f"lvs.agent: {error}\n")
        return FAILED
    sys.stdout.write(f"This host is director {name} now. Its configuration is {options.config}.\n")
    return 0


def enrol(invitation: Invitation, config: Path, *, more: Mapping[str, str], timeout: float) -> str:
    """Become the director and write the configuration; its name at the console.

    more: further settings, written where they aren't empty. Killed in between it goes on where it was when
    it is called again. Raises EnrolFailed, LvsError or OSError: then the configuration is as it was.
    """
    draft = config.with_name(config.name + ".enrolling")
    own = _own_secrets(draft, invitation)
    key, password = private_key_from_text(own["key"]), own["password"]
    ca = more.get("redis_ca", "")
    if ca and not Path(ca).is_file():
        raise EnrolFailed(f"There is no file {ca}.")
    answer = _ask(invitation, key, password, ca, timeout)
    user = director_user(invitation.director)
    settings: dict[str, Any] = {
        "director": invitation.director,
        "name": answer["name"],
        "director_key": own["key"],
        "redis_url": with_user(invitation.redis_url, user, password),
        "console_key": answer["console_keys"],
    }
    settings |= {name: value for name, value in more.items() if value}
    _check_redis(settings["redis_url"], ca)
    write_whole(config, _toml(settings))
    _give_to_service(config)
    draft.unlink(missing_ok=True)
    # What a console announced to who this host was before counts no more.
    (Path(more.get("state_dir") or DEFAULT_FOLDER) / ANNOUNCED).unlink(missing_ok=True)
    return str(answer["name"])


def _own_secrets(draft: Path, invitation: Invitation) -> dict[str, str]:
    """This host's key and password: kept from the first request on, for the console takes no others."""
    try:
        own = json.loads(draft.read_text())
        if own["for"] == key_id(invitation.key.public_key()):
            return dict(own)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        own = None
    own = {
        "for": key_id(invitation.key.public_key()),
        "key": private_key_to_text(Ed25519PrivateKey.generate()),
        "password": secrets.token_hex(32),
    }
    write_whole(draft, json.dumps(own))
    return own


def _ask(
    invitation: Invitation, key: Ed25519PrivateKey, password: str, ca: str, timeout: float
) -> dict[str, Any]:
    """The console's answer to our request."""
    request = {
        "schema": SCHEMA,
        "director": invitation.director,
        "key": public_key_to_text(key.public_key()),
        "password_hash": password_hash(password),
        "hostname": socket.gethostname()[:253],
        "agent_version": agent_version(),
    }
    sealed = seal_body(ASKED, request, invitation.key)
    user = invited_user(invitation.director)
    link = RedisLink(with_user(invitation.redis_url, user, invitation.password), ca)
    identity = key_id(key.public_key())
    deadline, asked, trouble = time.monotonic() + timeout, float("-inf"), ""
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
                trouble = "Redis does not know this invitation: it was used, withdrawn or too old"
            except redis.RedisError as error:
                trouble = f"Redis at {urlsplit(invitation.redis_url).netloc}: {one_line(error)}"
            time.sleep(LOOK_EVERY)
    raise EnrolFailed(
        f"{trouble or 'The console did not answer: is its worker running?'}. This host is not "
        "enrolled; call it again, or make a new invitation in the console."
    )


def _answer(text: bytes, invitation: Invitation, identity: str) -> dict[str, Any] | None:
    """The answer in the text, None when it is an older one, to somebody else. Raises EnrolFailed."""
    console: Ed25519PublicKey = public_key_from_text(invitation.console_key)
    try:
        _, answer = open_body(
            text.decode(errors="replace"), {key_id(console): console}, {ANSWERED: ANSWER_FIELDS}
        )
    except EnvelopeRefused as refusal:
        raise EnrolFailed(f"The answer is not the console's: {refusal.reason}") from None
    if answer["director"] != invitation.director:
        return None
    if answer["identity"] == identity:
        return answer
    if answer["error"]:
        raise EnrolFailed(f"The console says: {answer['error']}")
    return None


def _check_redis(url: str, ca: str) -> None:
    """The console has made the user before it answered."""
    try:
        with connect(RedisLink(url, ca), timeout=5.0) as client:
            client.ping()
    except redis.RedisError as error:
        raise EnrolFailed(f"Redis does not take the director's user: {one_line(error)}") from None


def _toml(settings: Mapping[str, Any]) -> str:
    """Strings and lists of them: JSON's escapes are a part of TOML's."""
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.items()]
    return "".join(["# Written by `python -m lvs.agent enrol`. It holds secrets.\n", *lines])


def _give_to_service(config: Path) -> None:
    if os.geteuid() != 0:
        return
    try:
        user = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        return
    os.chown(config, user.pw_uid, user.pw_gid)
