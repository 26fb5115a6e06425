"""Walking the chain from its first link to its head, in constant memory, and naming the first bad record."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from apps.audit.canonical import FIELDS, GENESIS, digest_of, link_of
from apps.audit.models import AuditLink, AuditRecord, AuditSeal
from apps.audit.seals import is_genuine, key_id_of

BATCH = 2000


class Broken(Exception):
    """The chain is not what it was; the text names the first record that shows it, and how."""


class Verified(NamedTuple):
    """A chain without a fault."""

    records: int
    seals: int
    head: str
    """Hash of the newest link, "" of an empty chain."""


def verify(key: Ed25519PublicKey | None) -> Verified:
    """Recompute every digest and link, and hold the chain against its seals.

    key: the console's public key; None = there is none yet, and then there must be no seal either.
    Raises Broken. A record that lost its link, or a tail that was cut off, is found too: by the record,
    and by the newest seal.
    """
    with closing(_links()) as links, closing(_seals(key)) as seals:
        found = _walk(links, seals)
    stray = AuditRecord.objects.filter(link=None).order_by("pk").values_list("pk").first()
    if stray is not None:
        raise Broken(f"Record {stray[0]} has no place in the chain.")
    return found


def _walk(links: Iterable[AuditLink], seals: Iterator[AuditSeal]) -> Verified:
    sealed = next(seals, None)
    count, head, number = 0, GENESIS, 0
    for link in links:
        _check(link, count + 1, head)
        count, head = link.position, link.hash
        while sealed is not None and sealed.position == count:
            if sealed.hash != head:
                raise Broken(
                    f"Position {count}, record {link.record_id}: it is not what was sealed."
                )
            number += 1
            sealed = next(seals, None)
    if sealed is not None:
        raise Broken(
            f"The chain ends at position {count}, but a seal of {sealed.sealed_at:%Y-%m-%d %H:%M:%S} UTC "
            f"says that it reached {sealed.position}: its tail was cut off."
        )
    return Verified(count, number, head)


def _links() -> Generator[AuditLink, None, None]:
    links = AuditLink.objects.order_by("position").select_related("record")
    yield from links.defer("record__search_text").iterator(chunk_size=BATCH)


def _seals(key: Ed25519PublicKey | None) -> Generator[AuditSeal, None, None]:
    for seal in AuditSeal.objects.order_by("position").iterator(chunk_size=BATCH):
        if key is None or seal.key_id != key_id_of(key):
            raise Broken(
                f"The seal of position {seal.position} is by another key than the console's."
            )
        if not is_genuine(seal, key):
            raise Broken(f"The seal of position {seal.position} is forged: its signature is wrong.")
        yield seal


def _check(link: AuditLink, expected: int, previous: str) -> None:
    record = link.record
    where = f"Position {link.position}, record {link.record_id}"
    if link.position != expected:
        raise Broken(f"Position {expected} is missing: the chain goes on at {link.position}.")
    if link.previous != previous:
        raise Broken(f"{where}: it does not follow the link before it.")
    if digest_of({name: getattr(record, name) for name in FIELDS}) != record.digest:
        raise Broken(f"{where}: its content is not what was written.")
    if link_of(previous, record.digest, link.record_id) != link.hash:
        raise Broken(f"{where}: its hash is not that of the record.")
