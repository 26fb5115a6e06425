"""What a token of the API looks like: pure, but for the dice.

`lvs_3f9a0c71b2de_Yw…`: a mark by which scanners of repositories know it, twelve digits to find it by,
and 256 bits that nobody guesses. So a plain SHA-256 is enough to keep it by: there is no dictionary.
"""

import hashlib
import hmac
import re
import secrets
from datetime import timedelta
from typing import NamedTuple

LONGEST_LIFE = timedelta(days=366)
_FORM = re.compile(r"lvs_([0-9a-f]{12})_[A-Za-z0-9_-]{43}", re.ASCII)


class Minted(NamedTuple):
    """A new token."""

    text: str
    """The whole of it: to be shown once, and not to be kept."""
    prefix: str
    digest: str


def mint() -> Minted:
    """A token that there wasn't before."""
    prefix = secrets.token_hex(6)
    text = f"lvs_{prefix}_{secrets.token_urlsafe(32)}"
    return Minted(text, prefix, digest_of(text))


def prefix_of(text: str) -> str | None:
    """What finds it; None when it is no token."""
    found = _FORM.fullmatch(text)
    return found[1] if found else None


def digest_of(text: str) -> str:
    """SHA-256 of the whole token, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_same(text: str, digest: str) -> bool:
    """Whether this digest is that of the token, in the same time for each answer."""
    return hmac.compare_digest(digest_of(text), digest)
