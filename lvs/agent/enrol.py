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
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import redis
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
)

from lvs.agent.asking import EnrolFailed, ask
from lvs.agent.config import DEFAULT_FILE, RedisLink, with_user
from lvs.agent.console_keys import ANNOUNCED
from lvs.agent.files import write_whole
from lvs.agent.invitation import (
    BadCode,
    Invitation,
    director_user,
)
from lvs.agent.link import connect, one_line
from lvs.agent.sealing import (
    key_id,
    private_key_from_text,
    private_key_to_text,
)
from lvs.errors import LvsError
from lvs.state import DEFAULT_FOLDER

SERVICE_USER = "lvsconsole"
"""Whose file the configuration becomes when root enrols a host that has this user."""
FAILED = 1


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
    answer = ask(invitation, key, password, ca, timeout)
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
