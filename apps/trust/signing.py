"""The console's signing key: what makes an order an order for a director.

Only the worker reads private keys. Beside them goes a file `.pub`, one key a line, for who enrols directors
(the first line) and who verifies seals of the audit log (any of them).
"""

import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings

from apps.trust.owners import give_to_folders_owner
from lvs.agent.sealing import key_id, public_key_from_text, public_key_to_text


class SigningKeyError(Exception):
    """There is no usable signing key; the text says what to do."""


def create_signing_key() -> bool:
    """Create the key at SIGNING_KEY_FILE, readable by its owner only, unless there is one.

    Its public half comes first in the file `.pub`. Returns whether a key was made. Raises SigningKeyError
    when a file can't be written.
    """
    path = settings.SIGNING_KEY_FILE
    made = _create(path)
    _publish(signing_key(), first=True)
    return made


def announce_next_key() -> bool:
    """Create the key that shall follow; returns whether there was none yet. Raises SigningKeyError."""
    signing_key()  # without one there is nothing to follow
    made = _create(_next_file())
    key = next_key()
    assert key is not None
    _publish(key, first=False)
    return made


def use_next_key() -> None:
    """The announced key signs from now on; the one before is gone. Raises SigningKeyError."""
    key = next_key()
    if key is None:
        raise SigningKeyError("No key was announced: begin with “manage.py signing_key --announce”")
    draft = _public_draft(key, first=True)  # whatever can't be written leaves all as it was
    try:
        _next_file().replace(settings.SIGNING_KEY_FILE)
        draft.replace(_public_file())
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise _cant_write(settings.SIGNING_KEY_FILE, error) from error


def signing_key() -> Ed25519PrivateKey:
    """The private key at SIGNING_KEY_FILE. Raises SigningKeyError when it can't be used."""
    path = settings.SIGNING_KEY_FILE
    key = _read(path)
    if key is None:
        raise SigningKeyError(
            f"There is no signing key at {path}: create it with “manage.py signing_key”, or correct "
            "LVS_SIGNING_KEY_FILE"
        )
    return key


def next_key() -> Ed25519PrivateKey | None:
    """The announced key; None when there is none. Raises SigningKeyError when it can't be used."""
    return _read(_next_file())


class Signer(NamedTuple):
    """The key that signs now, and whom directors shall believe beside it."""

    key: Ed25519PrivateKey
    believed: list[str]
    """Public keys, as texts: that of `key` first, then the announced one."""


def signer() -> Signer:
    """What an announcement of keys is made of: it always names the key that it is signed with.

    Another process may put the announced key in its place while we read the two files. So the announced one
    is read first: then it is met twice at worst, and never missed. Raises SigningKeyError.
    """
    announced = next_key()
    key = signing_key()
    keys = [key] if announced is None else [key, announced]
    texts = [public_key_to_text(one.public_key()) for one in keys]
    return Signer(key, list(dict.fromkeys(texts)))


def believed_keys() -> list[str]:
    """The public keys, as texts, that directors shall believe now: the one that signs, and the next one.

    Raises SigningKeyError.
    """
    return signer().believed


def public_key_text() -> str:
    """The public key as an invitation holds it: from the `.pub` file, else the key itself.

    Raises SigningKeyError when there is neither.
    """
    published = published_keys()
    return published[0] if published else public_key_to_text(signing_key().public_key())


def current_key_id() -> str:
    """What envelopes name the key by that signs now. Raises SigningKeyError."""
    try:
        return key_id(public_key_from_text(public_key_text()))
    except ValueError as error:
        raise SigningKeyError(f"{_public_file()} holds no public key: {error}") from error


def published_keys() -> list[str]:
    """Every public key that this console has had, the one that signs first; [] without a `.pub` file."""
    try:
        return _public_file().read_text().split()
    except OSError:
        return []


def private_files() -> list[Path]:
    """Where the key that signs is, and the announced one."""
    return [settings.SIGNING_KEY_FILE, _next_file()]


def _read(path: Path) -> Ed25519PrivateKey | None:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SigningKeyError(f"The signing key {path} can't be read: {error.strerror}") from error
    except (ValueError, TypeError):
        raise SigningKeyError(f"{path} is no PEM private key without a password") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyError(f"{path} holds a key of another kind than Ed25519")
    return key


def _publish(key: Ed25519PrivateKey, *, first: bool) -> None:
    draft = _public_draft(key, first=first)
    try:
        draft.replace(_public_file())
    except OSError as error:
        raise _cant_write(_public_file(), error) from error


def _public_draft(key: Ed25519PrivateKey, *, first: bool) -> Path:
    """What the `.pub` file shall hold, in a file of its own."""
    text, others = public_key_to_text(key.public_key()), published_keys()
    others = [other for other in others if other != text]
    keys = [text, *others] if first else [*others, text]
    try:  # processes of other users read it, too
        return _draft(_public_file(), "".join(f"{key}\n" for key in keys).encode(), 0o644)
    except OSError as error:
        raise _cant_write(_public_file(), error) from error


def _draft(path: Path, data: bytes, mode: int) -> Path:
    """A new file beside it, on the disk. Root may write it in a folder of the worker's, who must not make it
    write elsewhere: no link is followed, and nothing is done to the file by its name. Raises OSError."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
            os.fchmod(handle, mode)
            give_to_folders_owner(handle, path.parent)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _public_file() -> Path:
    path: Path = settings.SIGNING_KEY_FILE
    return path.with_name(path.name + ".pub")


def _next_file() -> Path:
    path: Path = settings.SIGNING_KEY_FILE
    return path.with_name(path.name + ".next")


def _create(path: Path) -> bool:
    """Write a new key, whole or not at all: a link fails where a file stands, and never shows half a key."""
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = _draft(path, text, 0o600)
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return False
        finally:
            draft.unlink()
    except OSError as error:
        raise _cant_write(path, error) from error
    return True


def _cant_write(path: Path, error: OSError) -> SigningKeyError:
    return SigningKeyError(f"The signing key {path} can't be written: {error.strerror}")
