"""Secrets of webhooks as they are stored: a copy of the database alone can't sign in our name.

The key comes from LVS_SECRET_KEY: who has both has the secrets. A hash would not do, as it can't sign.
What was sealed with LVS_SECRET_KEY_BEFORE can still be opened.
"""

import base64
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(Exception):
    """It was sealed with an LVS_SECRET_KEY that is not known any more."""


def new_secret() -> str:
    """43 characters, 256 bits."""
    return secrets.token_urlsafe(32)


def seal_secret(secret: str) -> str:
    """The secret as it may stand in the database."""
    return _box().encrypt(secret.encode()).decode()


def open_secret(sealed: str) -> str:
    """The secret. Raises Unreadable."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable(
            "Its secret was stored under another LVS_SECRET_KEY: give it a new one."
        ) from None


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"lvsconsole webhook secrets")
    return kdf.derive(key.encode())
