"""What the soak knows of the console's side of the agent: its configuration, orders, and ends of runs.

All of it in one place, and nothing else knows the form of an order or of a report.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lvs.agent.entries import genuine_text
from lvs.agent.envelope import Order, seal_order
from lvs.agent.sealing import key_id, private_key_to_text, public_key_to_text
from lvs.agent.shapes import parse_report
from lvs.agent.streams import TASK
from lvs.documents import table_to_document
from lvs.model import Table

DIRECTOR = "5f0a2c1e-9d0b-4a55-8a4e-1c7d2f6b9e30"
ORDER = TASK
"""The task that takes an order."""
VALID = 600.0
"""Seconds."""
_OWN_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
"""The agent's."""


class End(NamedTuple):
    """How a run ended."""

    run: int
    state: str
    error: str
    steps: int


def configuration(key: Ed25519PrivateKey, redis_url: str, state: Path) -> str:
    """An agent's configuration. redis_url: as its host sees it."""
    values = {
        "director": DIRECTOR,
        "director_key": private_key_to_text(_OWN_KEY),
        "name": "soak",
        "redis_url": redis_url,
        "console_key": public_key_to_text(key.public_key()),
        "state_dir": str(state),
    }
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())


def sealed_order(table: Table, revision: int, key: Ed25519PrivateKey) -> str:
    """An approved order for this table; its run has the number of the revision."""
    now = time.time()
    order = Order(
        director=DIRECTOR,
        identity=key_id(_OWN_KEY.public_key()),
        cluster="soak",
        revision=revision,
        run=revision,
        change=revision,
        digest=table.digest,
        expected_digest="",
        adopt=False,
        approval={"change": revision, "digest": table.digest, "approvers": ["soak"]},
        not_before=now,
        expires=now + VALID,
        table=table_to_document(table),
    )
    return seal_order(order, key)


def end_of_run(fields: Mapping[bytes, bytes]) -> End | None:
    """The end that an entry of the report stream tells of; None when it is another report. A refusal ends
    a run as well, one that never had a number.
    """
    report = parse_report(genuine_text("report", fields, _OWN_KEY.public_key()), DIRECTOR)
    if report["type"] == "refused":
        return End(0, "refused", report["reason"], 0)
    if report["type"] != "run_finished":
        return None
    return End(report["run"], report["state"], report["error"], len(report["steps"]))
