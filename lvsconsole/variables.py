"""Reading settings from the environment. What is missing or can't be is named, in ImproperlyConfigured."""

import logging
import os
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    """The variable, or the content of the file that NAME_FILE points to."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: {error}") from error
        except UnicodeDecodeError:  # whose words would repeat some of it
            raise ImproperlyConfigured(f"{name}_FILE: {path} holds no text") from None
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"{name} (or {name}_FILE) is not set")
    return value


def flag(name: str, default: bool) -> bool:
    """Yes or no."""
    value = os.environ.get(name, "yes" if default else "no").lower()
    if value not in {"yes", "no", "true", "false", "1", "0"}:
        raise ImproperlyConfigured(f"{name} must be yes or no, not “{value}”")
    return value in {"yes", "true", "1"}


def port(name: str, default: int) -> int:
    """Where a server listens."""
    value = os.environ.get(name, str(default))
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= 65535):
        raise ImproperlyConfigured(f"{name} must be a whole number from 1 to 65535, not “{value}”")
    return int(value)


def items(name: str, default: str = "") -> list[str]:
    """What stands between commas."""
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def hosts(name: str, default: str) -> list[str]:
    """Names of hosts, without scheme or path: a request to another one is refused."""
    found = items(name, default)
    for host in found:
        if "/" in host:
            raise ImproperlyConfigured(f"{name} holds names of hosts, not addresses: “{host}”")
    return found


def origins(name: str) -> list[str]:
    """Beginnings of web addresses."""
    found = items(name)
    for origin in found:
        if not is_web(origin):
            raise ImproperlyConfigured(
                f"{name} must begin with https:// or http://, not “{origin}”"
            )
    return found


def is_web(address: str) -> bool:
    """Whether browsers could go there."""
    try:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def time_zone(name: str, default: str) -> str:
    """One that this host knows."""
    value = os.environ.get(name, default)
    try:
        ZoneInfo(value)
    except (OSError, ValueError, LookupError):
        raise ImproperlyConfigured(
            f"{name}: this host knows no time zone “{value}”; it must look like Europe/Berlin"
        ) from None
    return value


def log_level(name: str, default: str) -> str:
    """From which level on the log tells."""
    value = os.environ.get(name, default).upper()
    if value not in (known := logging.getLevelNamesMapping()):
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(known)}, not “{value}”")
    return value
