"""`python -m lvs.agent enrol CODE`: make this host the director that the console invited.

The host makes a key and a password of its own; neither leaves it. It asks for them to be taken under the
invitation's signature, through Redis, and writes its configuration once the console, by the key in the
invitation, has said yes.
"""

import argparse
import json
import ssl
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import redis

from lvs.agent.asking import EnrolFailed, EnrolRefused, ask, sentence
from lvs.agent.config import DEFAULT_FILE, RedisLink, with_user
from lvs.agent.console_keys import ANNOUNCED
from lvs.agent.draft import forget, own_secrets
from lvs.agent.files import write_whole
from lvs.agent.handing_over import SERVICE_USER, give_to_service, make_folder, out_of_reach
from lvs.agent.invitation import (
    BadCode,
    Invitation,
    director_user,
)
from lvs.agent.link import connect, one_line
from lvs.agent.sealing import private_key_from_text
from lvs.errors import LvsError
from lvs.state import DEFAULT_FOLDER

FAILED = 1
LONGEST_WAIT = 3600
"""Seconds: an invitation is good for no longer."""


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
    parser.add_argument(
        "--timeout", type=_seconds, default=60.0, metavar="SECONDS", help="how long to ask"
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= LONGEST_WAIT:  # nan is not, either
        raise argparse.ArgumentTypeError(
            f"must be a number of seconds from 1 to {LONGEST_WAIT}, not {text!r}"
        )
    return seconds


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
        _say(sentence(str(error)))
        return FAILED
    sys.stdout.write(
        f"This host is director {name} now. Its configuration is {options.config}. Start the agent, or "
        "start it anew if it runs: systemctl restart lvsconsole-agent\n"
    )
    return 0


def _say(text: str) -> None:
    sys.stderr.write(f"lvs.agent: {text}\n")
    sys.stderr.flush()


def enrol(
    invitation: Invitation,
    config: Path,
    *,
    more: Mapping[str, str],
    timeout: float,
    say: Callable[[str], None] = _say,
) -> str:
    """Become the director and write the configuration; its name at the console.

    more: the settings `redis_ca` and `state_dir`, written where they aren't empty; say: is told what happens
    meanwhile. Killed in between it goes on where it was when it is called again. Raises EnrolFailed, LvsError
    or OSError: then the configuration is as it was.
    """
    # The agent is started in another folder than we are.
    more = {name: str(Path(value).absolute()) for name, value in more.items() if value}
    ca = more.get("redis_ca", "")
    _check_ca(ca)
    make_folder(config.parent)
    draft = config.with_name(config.name + ".enrolling")
    own = own_secrets(draft, invitation)
    key, password = private_key_from_text(own["key"]), own["password"]
    try:
        answer = ask(invitation, key, password, ca, timeout, say)
    except EnrolRefused:
        forget(draft, own)
        raise
    url = with_user(invitation.redis_url, director_user(invitation.director), password)
    settings: dict[str, Any] = {
        "director": invitation.director,
        "name": answer["name"],
        "director_key": own["key"],
        "redis_url": url,
        "console_key": answer["console_keys"],
    }
    _check_redis(url, ca)
    write_whole(config, _toml(settings | more))
    give_to_service(config)
    forget(draft, own)
    # What a console announced to who this host was before counts no more.
    (Path(more.get("state_dir", DEFAULT_FOLDER)) / ANNOUNCED).unlink(missing_ok=True)
    for folder in out_of_reach([config, Path(ca)] if ca else [config]):
        say(f"The agent can't read its files: user {SERVICE_USER} may not enter {folder}.")
    return str(answer["name"])


def _check_ca(ca: str) -> None:
    """Before anything is made that would be of no use."""
    try:
        if ca:
            ssl.create_default_context(cafile=ca)
    except FileNotFoundError:
        raise EnrolFailed(f"There is no file {ca}.") from None
    except ssl.SSLError:
        raise EnrolFailed(f"{ca} holds no certificates in PEM format.") from None
    except OSError as error:
        raise EnrolFailed(f"{ca} can't be read: {error.strerror}.") from None


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
