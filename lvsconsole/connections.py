"""Where Redis and the database are, as settings say it: what can't be is named at the start.

The addresses may hold a password: no message repeats them.
"""

from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from lvs.agent.invitation import BadCode, usable_address

POSTGRESQL = "postgresql://user:password@host:5432/name"
SQLITE = "sqlite:////folder/file"
_DATABASES = {"postgres", "postgresql", "pgsql", "sqlite"}
_QUOTE = "Write characters such as / ? # @ % in a password as %2F %3F %23 %40 %25."


def redis_address(name: str, value: str) -> str:
    """The value of the variable `name`. Raises ImproperlyConfigured when no Redis can be there."""
    shape = "it must look like redis://user:password@host:6379/0 (rediss:// with TLS)"
    parts = _parts(name, value, shape)
    if parts.scheme not in {"redis", "rediss"}:
        raise ImproperlyConfigured(f"{name}: {shape}")
    if not parts.hostname:
        raise ImproperlyConfigured(f"{name} names no host: {shape}")
    number = parts.path.removeprefix("/")
    if number and not (number.isascii() and number.isdigit()):
        raise ImproperlyConfigured(
            f"{name}: after the host comes the number of a database: {shape}"
        )
    return value


def directors_address(name: str, value: str) -> str:
    """The same for directors, without user and password: each has a user of its own. Raises
    ImproperlyConfigured when no host could be enrolled with it."""
    try:
        return usable_address(redis_address(name, value))
    except BadCode:
        raise ImproperlyConfigured(
            f"{name}: no director can use it: it must look like redis://host:6379/0 (rediss:// with TLS)"
        ) from None


def without_query(address: str) -> str:
    """What directors need of the console's own address: the rest concerns its own connections."""
    return urlsplit(address)._replace(query="", fragment="").geturl()


def database(name: str, value: str) -> dict[str, Any]:
    """Django's settings of the database at the value of the variable `name`.

    Raises ImproperlyConfigured when none can be there.
    """
    shape = f"it must look like {POSTGRESQL} or {SQLITE}"
    parts = _parts(name, value, shape)
    if parts.scheme not in _DATABASES:
        raise ImproperlyConfigured(f"{name}: {shape}")
    try:
        # Under ASGI each request has a thread of its own: a connection that outlives its request is
        # never used again, and PostgreSQL soon has no more.
        found: dict[str, Any] = dict(dj_database_url.parse(value, conn_max_age=0))
    except ValueError:
        raise ImproperlyConfigured(f"{name} can't be read: {shape}. {_QUOTE}") from None
    if parts.scheme == "sqlite":
        _check_file(name, parts)
    elif not found["NAME"] and "service" not in found.get("OPTIONS", {}):
        raise ImproperlyConfigured(f"{name} names no database: {shape}")
    return found


def _check_file(name: str, parts: SplitResult) -> None:
    path = unquote(parts.path.removeprefix("/"))
    if parts.netloc or not path:
        raise ImproperlyConfigured(
            f"{name}: SQLite needs a file, with three slashes before it, or four before a whole path: "
            f"{SQLITE}"
        )
    if not Path(path).parent.is_dir():
        raise ImproperlyConfigured(f"{name}: there is no folder {Path(path).parent}")


def _parts(name: str, value: str, shape: str) -> SplitResult:
    if value != value.strip() or not value.isprintable():
        raise ImproperlyConfigured(
            f"{name} has blanks around it, or characters that can't be: {shape}"
        )
    try:
        parts = urlsplit(value)
        if parts.port == 0:
            raise ValueError
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} can't be read, or its port is none (1 to 65535): {shape}. {_QUOTE}"
        ) from None
    return parts
