"""The agent's configuration: a TOML file that `python -m lvs.agent enrol` writes."""

import os
import tomllib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from lvs.agent.sealing import key_id, private_key_from_text, public_key_from_text
from lvs.state import DEFAULT_FOLDER

DEFAULT_FILE = "/etc/lvsconsole/agent.toml"

_NEEDED = ("director", "director_key", "redis_url", "console_key")
_KNOWN = (*_NEEDED, "name", "redis_ca", "state_dir", "sample_interval")


class ConfigError(Exception):
    """The configuration is missing or wrong; the text says where, in one line."""


def without_user(url: str) -> str:
    """The address without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def with_user(url: str, user: str, password: str) -> str:
    """The address with this user and password, and no others."""
    parts = urlsplit(without_user(url))
    return urlunsplit(parts._replace(netloc=f"{quote(user)}:{quote(password)}@{parts.netloc}"))


@dataclass(frozen=True)
class RedisLink:
    """How Redis is reached."""

    url: str
    """With user and password; `rediss:` with TLS."""
    ca: str = ""
    """A file with the certificates of who may vouch for it; "" = those that this host trusts."""

    def tls_options(self) -> dict[str, Any]:
        """What redis-py and kombu want to know beside the address. With TLS, the certificate and the name in
        it are always checked."""
        if not self.url.startswith("rediss:"):
            return {}
        options: dict[str, Any] = {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
        return options | ({"ssl_ca_certs": self.ca} if self.ca else {})


@dataclass(frozen=True)
class Config:
    """What an agent must know to serve its director."""

    director: str
    """UUID, canonical text."""
    name: str
    """For people, in the log."""
    redis: RedisLink
    key: Ed25519PrivateKey
    """The director's own: it signs what it reports."""
    console_keys: Mapping[str, Ed25519PublicKey]
    """Who may give orders, by `key_id`: two while the console changes its key."""
    state_dir: Path
    sample_interval: float
    """Seconds between two samples."""
    file: Path | None = None
    """Where all this stands; None = nowhere."""

    @property
    def identity(self) -> str:
        """`key_id` of its own key: who is enrolled anew is another one."""
        return key_id(self.key.public_key())


def load_config(path: Path) -> Config:
    """Read and check the file. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}{_what_to_do(error)}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None
    try:
        return _config(values, path)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None


def _what_to_do(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return (
            ". This host is not enrolled: invite it on the console's Directors page, and run the "
            "command that it shows"
        )
    if isinstance(error, PermissionError):
        return (
            f". The user that runs the agent (uid {os.geteuid()}) must be its owner, and be allowed to "
            "enter its folder"
        )
    return ""


def _config(values: dict[str, Any], path: Path) -> Config:
    if unknown := sorted(values.keys() - set(_KNOWN)):
        raise ValueError(f"unknown setting {unknown[0]}; known are {', '.join(_KNOWN)}")
    if missing := [name for name in _NEEDED if name not in values]:
        raise ValueError(f"{missing[0]} is missing")
    return Config(
        director=_director(values["director"]),
        name=_text(values, "name", "director"),
        redis=RedisLink(_redis_url(_text(values, "redis_url", "")), _ca(values)),
        key=_own_key(values["director_key"]),
        console_keys=_keys(values["console_key"]),
        state_dir=Path(_text(values, "state_dir", DEFAULT_FOLDER)),
        sample_interval=_interval(values.get("sample_interval", 1.0)),
        file=path,
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


def _ca(values: dict[str, Any]) -> str:
    if "redis_ca" not in values:
        return ""
    path = _text(values, "redis_ca", "")
    if error := unreadable(path):
        raise ValueError(f"redis_ca: {error}")
    return path


def unreadable(path: str) -> str:
    """Why the file can't be read, in one line; "" where it can. To whoever connects it would look like a
    Redis that is away."""
    try:
        with Path(path).open("rb"):
            return ""
    except FileNotFoundError:
        return f"there is no file {path}"
    except OSError as error:
        return f"{path} can't be read: {error.strerror}"


def _own_key(value: Any) -> Ed25519PrivateKey:
    try:
        return private_key_from_text(value)
    except (ValueError, TypeError):  # it is a secret: don't repeat it
        raise ValueError("director_key must be the key that enrolment wrote") from None


def _interval(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.2 <= value <= 60:
        raise ValueError("sample_interval must be a number of seconds from 0.2 to 60")
    return float(value)
