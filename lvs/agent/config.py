"""The agent's configuration: a TOML file that the console's enrolment prints."""

import tomllib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lvs.agent.sealing import key_id, public_key_from_text
from lvs.state import DEFAULT_FOLDER

DEFAULT_FILE = "/etc/lvsconsole/agent.toml"

_NEEDED = ("director", "redis_url", "console_key")
_KNOWN = (*_NEEDED, "name", "state_dir", "sample_interval")


class ConfigError(Exception):
    """The configuration is missing or wrong; the text says where, in one line."""


@dataclass(frozen=True)
class Config:
    """What an agent must know to serve its director."""

    director: str
    """UUID, canonical text."""
    name: str
    """For people, in the log."""
    redis_url: str
    console_keys: Mapping[str, Ed25519PublicKey]
    """Who may give orders, by `key_id`: two while the console changes its key."""
    state_dir: Path
    sample_interval: float
    """Seconds between two samples."""


def load_config(path: Path) -> Config:
    """Read and check the file. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None
    try:
        return _config(values)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None


def _config(values: dict[str, Any]) -> Config:
    if unknown := sorted(values.keys() - set(_KNOWN)):
        raise ValueError(f"unknown setting {unknown[0]}; known are {', '.join(_KNOWN)}")
    if missing := [name for name in _NEEDED if name not in values]:
        raise ValueError(f"{missing[0]} is missing")
    return Config(
        director=_director(values["director"]),
        name=_text(values, "name", "director"),
        redis_url=_redis_url(_text(values, "redis_url", "")),
        console_keys=_keys(values["console_key"]),
        state_dir=Path(_text(values, "state_dir", DEFAULT_FOLDER)),
        sample_interval=_interval(values.get("sample_interval", 1.0)),
    )


def _text(values: dict[str, Any], name: str, default: str) -> str:
    value = values.get(name, default)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} must be a text in quotes")
    return value


def _director(value: Any) -> str:
    try:
        return str(uuid.UUID(value))
    except (ValueError, AttributeError, TypeError):
        raise ValueError("director must be the director's UUID, as the console shows it") from None


def _redis_url(value: str) -> str:
    example = "redis://user:password@host:6379/0"
    try:
        parts = urlsplit(value)
        valid = parts.scheme in {"redis", "rediss"} and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid:  # the value may hold a password: don't repeat it
        raise ValueError(f"redis_url must look like {example} (rediss:// with TLS)")
    return value


def _keys(value: Any) -> dict[str, Ed25519PublicKey]:
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError("console_key must be a key in quotes, or a list of them")
    try:
        keys = [public_key_from_text(text) for text in texts]
    except ValueError as error:
        raise ValueError(f"console_key: {error}") from None
    return {key_id(key): key for key in keys}


def _interval(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.2 <= value <= 60:
        raise ValueError("sample_interval must be a number of seconds from 0.2 to 60")
    return float(value)
