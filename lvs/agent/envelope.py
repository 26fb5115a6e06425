"""Orders: the approved tables that the console seals and a director obeys."""

import dataclasses
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lvs.agent.sealing import EnvelopeRefused, seal_body
from lvs.documents import Document, table_from_document

KIND = "order"
SCHEMA = 2


@dataclass(frozen=True)
class Order:
    """An approved table for one director. Times are unix seconds."""

    director: str
    identity: str
    """`key_id` of the key that the director was enrolled with: whoever is enrolled anew is another one."""
    cluster: str
    """Its id at the console: a name can be changed, and given to another cluster."""
    revision: int
    run: int
    change: int
    digest: str
    """Of `table`: what was approved."""
    expected_digest: str
    """Of the services that the plan was made from: the owned ones, and those it takes over; "" = don't
    compare."""
    adopt: bool
    approval: Document
    """`{"change": number, "digest": …, "basis": one of BASES, "approvers": [names]}`."""
    not_before: float
    expires: float
    table: Document
    """As `lvs.model.table_to_document` gives it."""
    schema: int = SCHEMA


def seal_order(order: Order, private_key: Ed25519PrivateKey) -> str:
    """The order as sealed text, ready for `lvs.agent.inbox`."""
    return seal_body(KIND, dataclasses.asdict(order), private_key)


def order_of(document: Document) -> Order:
    """The order in a genuine document that has the fields of `FIELDS`. Raises EnvelopeRefused when its
    approval is for something else."""
    order = Order(**document)
    _check_approval(order)
    return order


FIELDS: dict[str, type | tuple[type, ...] | int] = {
    "schema": SCHEMA,
    "director": str,
    "identity": str,
    "cluster": str,
    "revision": int,
    "run": int,
    "change": int,
    "digest": str,
    "expected_digest": str,
    "adopt": bool,
    "approval": dict,
    "not_before": (int, float),
    "expires": (int, float),
    "table": dict,
}


BASES = ("people", "policy", "emergency", "unconfirmed")
"""By what right a table was approved: by people; because the cluster's policy asks for nobody; as a
rollback that is reviewed after; or to take back what nobody confirmed. Only people are named."""


def _check_approval(order: Order) -> None:
    approval = order.approval
    approvers = approval.get("approvers")
    if approval.get("digest") != order.digest or approval.get("change") != order.change:
        raise EnvelopeRefused("the approval is for another table than the order's", KIND)
    basis = approval.get("basis", "people")
    if basis not in BASES:
        raise EnvelopeRefused("the order was approved in a way that this agent does not know", KIND)
    if not isinstance(approvers, list) or (basis == "people" and not approvers):
        raise EnvelopeRefused("the order names nobody who approved it", KIND)
    try:
        digest = table_from_document(order.table).digest
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EnvelopeRefused(f"the order's table can't be read: {error!r}"[:300], KIND) from None
    if digest != order.digest:
        raise EnvelopeRefused("the order's table is not the one that was approved", KIND)
