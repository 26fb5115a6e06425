"""The console's signing key: what makes an order an order for a director."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings

from lvs.agent.sealing import public_key_to_text


class SigningKeyError(Exception):
    """There is no usable signing key; the text says what to do."""


def create_signing_key() -> bool:
    """Create the key at SIGNING_KEY_FILE, readable by its owner only, unless there is one.

    Beside it goes a file `.pub` for processes that only enrol directors. Returns whether a key was made.
    Raises SigningKeyError when the file can't be written.
    """
    path = settings.SIGNING_KEY_FILE
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = _write_new(path, text)
        if not made:
            key = signing_key()
        _public_file(path).write_text(public_key_to_text(key.public_key()) + "\n")
    except OSError as error:
        raise SigningKeyError(
            f"The signing key {path} can't be written: {error.strerror}"
        ) from error
    return made


def signing_key() -> Ed25519PrivateKey:
    """The private key at SIGNING_KEY_FILE. Raises SigningKeyError when it can't be used."""
    path = settings.SIGNING_KEY_FILE
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        raise SigningKeyError(
            f"There is no signing key at {path}: create it with “manage.py signing_key”"
        ) from None
    except OSError as error:
        raise SigningKeyError(f"The signing key {path} can't be read: {error.strerror}") from error
    except (ValueError, TypeError):
        raise SigningKeyError(f"{path} is no PEM private key without a password") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyError(f"{path} holds a key of another kind than Ed25519")
    return key


def public_key_text() -> str:
    """The public key as an agent's configuration holds it: from the `.pub` file, else the key itself.

    Raises SigningKeyError when there is neither.
    """
    try:
        return _public_file(settings.SIGNING_KEY_FILE).read_text().strip()
    except OSError:
        return public_key_to_text(signing_key().public_key())


def _public_file(path: Path) -> Path:
    return path.with_name(path.name + ".pub")


def _write_new(path: Path, text: bytes) -> bool:
    """Write the whole file or none: a link fails where a file stands, and never shows half a key."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True
