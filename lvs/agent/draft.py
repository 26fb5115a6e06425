"""What a host keeps on disk while it asks to be enrolled: killed in between, it goes on with them."""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lvs.agent.files import write_whole
from lvs.agent.invitation import Invitation
from lvs.agent.sealing import key_id, private_key_from_text, private_key_to_text


def own_secrets(draft: Path, invitation: Invitation) -> dict[str, str]:
    """This host's key and password: kept from the first request on, for the console takes no others.

    Raises LvsError or OSError.
    """
    own = _read(draft)
    if own.get("for") == key_id(invitation.key.public_key()):
        return own
    own = {
        "for": key_id(invitation.key.public_key()),
        "key": private_key_to_text(Ed25519PrivateKey.generate()),
        "password": secrets.token_hex(32),
    }
    write_whole(draft, json.dumps(own))
    return own


def forget(draft: Path, own: Mapping[str, str]) -> None:
    """Nobody can go on with it. Another enrolment, that runs at the same time, keeps its own."""
    if _read(draft) == own:
        draft.unlink(missing_ok=True)


def _read(draft: Path) -> dict[str, str]:
    """{} when there is none, or nothing that we wrote."""
    try:
        own = json.loads(draft.read_text())
        private_key_from_text(own["key"])
        return {name: str(own[name]) for name in ("for", "key", "password")}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return {}
