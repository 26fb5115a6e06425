"""Which addresses and ports a table claims, kept beside it so that nobody reads all tables to ask."""

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar

from django.db import models
from django.db.models import Manager

from apps.inventory.models import Endpoint
from lvs.documents import Document
from lvs.rules.service import PROTOCOLS

Row = TypeVar("Row", bound=Endpoint)


class Claim(NamedTuple):
    """What clients connect to. Firewall marks are none: they mean something on their own host only."""

    protocol: str
    address: str
    port: int
    """0 = every port."""


def claims_in(table: Document) -> set[Claim]:
    """The claims of a stored table; of a draft without what can't be one."""
    found = (
        Claim(service["protocol"], service["address"], service["port"])
        for service in table["services"]
        if "address" in service
    )
    return {claim for claim in found if claim.protocol in PROTOCOLS and 0 <= claim.port <= 65535}


def keep_claims(rows: "Manager[Row]", claims: Iterable[Claim], **owner: Any) -> None:
    """Make these, and no others, the claims among `rows`, which are those of `owner`.

    Only what differs is written.
    """
    wanted = set(claims)
    held = {Claim(*row[1:]): row[0] for row in rows.values_list("pk", *Claim._fields)}
    gone = [pk for claim, pk in held.items() if claim not in wanted]
    for first in range(0, len(gone), 500):
        rows.filter(pk__in=gone[first : first + 500]).delete()
    new = sorted(wanted - held.keys())
    rows.bulk_create([rows.model(**owner, **claim._asdict()) for claim in new], batch_size=500)


def rows_at(
    rows: "models.QuerySet[Row]", addresses: Iterable[str], *fields: str
) -> Iterable[tuple[Any, ...]]:
    """The claims among `rows` on any of these addresses: protocol, address, port, then `fields`."""
    wanted = sorted(set(addresses))
    for first in range(0, len(wanted), 500):
        found = rows.filter(address__in=wanted[first : first + 500])
        yield from found.values_list(*Claim._fields, *fields)
