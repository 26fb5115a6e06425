"""Keys of directors in tests: each UUID has its own, always the same."""

import base64
import hashlib
from itertools import count
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lvs.agent.config import Config, RedisLink
from lvs.agent.entries import TEXT, Voice, genuine_text
from lvs.agent.sealing import key_id, public_key_to_text


def own_key(uuid):
    """The private key of the director."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(str(uuid).encode()).digest())


def identity(uuid):
    """How envelopes name it."""
    return key_id(own_key(uuid).public_key())


def enrol(director):
    """Make the console believe the director."""
    from apps.trust.models import Identity

    return Identity.objects.create(
        director=director,
        public_key=public_key_to_text(own_key(director.uuid).public_key()),
        password_hash="0" * 64,
        hostname=director.name,
    )


def enrolled(**fields):
    """A director of these fields that the console believes."""
    from apps.inventory.models import Director

    director = Director.objects.create(**fields)
    enrol(director)
    return director


def config(uuid, redis_url, ca="", state_dir="unused", console_keys=None):
    """An agent's configuration."""
    link = RedisLink(redis_url, ca)
    return Config(
        str(uuid),
        "lb",
        link,
        own_key(uuid),
        console_keys or {},
        Path(state_dir),
        sample_interval=1.0,
    )


def voice(stream, uuid):
    """What the director's agent makes entries with."""
    return Voice(stream, own_key(uuid))


def signed(stream, uuid, data):
    """The fields of an entry that holds any bytes, signed with the director's key."""
    signature = own_key(uuid).sign(f"lvs.{stream}.v1\n".encode() + data)
    return {b"m": data, b"s": base64.b64encode(signature)}


def heard(stream, uuid, fields):
    """The text of an entry that the director made."""
    return genuine_text(stream, fields, own_key(uuid).public_key())


def unsigned(text):
    """An entry of somebody who does not have the key."""
    return {TEXT: text, "s": ""}


_numbers = count(1)


def numbered(message):
    """A report as its director would number it."""
    return {"session": "one life", "number": next(_numbers)} | message


def store_heartbeat(*, director, message, **more):
    """The service, with a numbered message."""
    from apps.telemetry import services

    return services.store_heartbeat(director=director, message=numbered(message), **more)


def store_observed(*, director, message, **more):
    """The service, with a numbered message."""
    from apps.telemetry import services

    return services.store_observed(director=director, message=numbered(message), **more)
