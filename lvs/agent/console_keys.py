"""Whom a director believes: the console's keys, which the console may change.

The configuration names the first ones. A console that changes its key announces the new one under the old
one's signature; then both are believed, until it announces the new one alone.
"""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from lvs.agent.files import write_whole
from lvs.agent.sealing import (
    Document,
    EnvelopeRefused,
    key_id,
    public_key_from_text,
    public_key_to_text,
    seal_body,
)
from lvs.errors import LvsError, StateDamaged

logger = logging.getLogger(__name__)

KIND = "keys"
SCHEMA = 1
ANNOUNCED = "console_keys.json"
MOST = 4
"""Keys that one announcement may name."""

FIELDS: dict[str, Any] = {
    "schema": SCHEMA,
    "director": str,
    "identity": str,
    "serial": int,
    "keys": list,
    "not_before": (int, float),
    "expires": (int, float),
}
"""serial: unix seconds of the announcement, so that an older one counts no more; keys: base64 texts."""

Keys = Mapping[str, Ed25519PublicKey]


def seal_keys(document: Document, private_key: Ed25519PrivateKey) -> str:
    """An announcement with `FIELDS` but the schema, as sealed text."""
    return seal_body(KIND, {"schema": SCHEMA} | document, private_key)


class ConsoleKeys:
    """File `console_keys.json` below the state folder, once something was announced."""

    def __init__(self, state_dir: Path, configured: Keys) -> None:
        self._file = state_dir / ANNOUNCED
        self._configured = configured
        self.problem = ""
        """Why nobody is believed; "" where that isn't so."""
        try:
            self._serial, self._keys = self._load()
        except StateDamaged as error:
            self._serial, self._keys, self.problem = 0, {}, str(error)

    def trusted(self) -> Keys:
        """Whom to believe now, by `key_id`."""
        return self._keys

    def learn(self, document: Document) -> None:
        """Believe the keys of a genuine announcement from now on, and no others.

        Raises EnvelopeRefused when it is older than the last one, or names no keys.
        """
        serial, texts = document["serial"], document["keys"]
        if serial < self._serial:
            raise EnvelopeRefused("the keys were announced before those that are known here", KIND)
        keys = _keys(texts)
        if keys.keys() == self._keys.keys():
            return
        try:
            self._save(serial, keys)
        except LvsError as error:
            raise EnvelopeRefused(f"the console's keys can't be kept: {error}", KIND) from None
        self._serial, self._keys = serial, keys
        logger.info("the console's keys are now %s", ", ".join(keys))

    def _load(self) -> tuple[int, Keys]:
        """What was announced; what is configured where nothing was since the configuration was written."""
        try:
            document = json.loads(self._file.read_text())
            if set(document["configured"]) == self._configured.keys():
                return int(document["serial"]), _keys(document["keys"])
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError, EnvelopeRefused) as error:
            raise StateDamaged(
                f"{self._file} is damaged ({error!r}). It says which keys of the console are believed: "
                "restore it, or enrol this director anew."
            ) from error
        return 0, self._configured

    def _save(self, serial: int, keys: Keys) -> None:
        document = {
            "serial": serial,
            "keys": [public_key_to_text(key) for key in keys.values()],
            "configured": sorted(self._configured),
        }
        write_whole(self._file, json.dumps(document))


def _keys(texts: list[Any]) -> Keys:
    """Raises EnvelopeRefused."""
    try:
        keys = [public_key_from_text(text) for text in texts]
    except (ValueError, TypeError):
        keys = []
    if not 1 <= len(keys) <= MOST:
        raise EnvelopeRefused("the announcement names no keys that can be read", KIND)
    return {key_id(key): key for key in keys}
