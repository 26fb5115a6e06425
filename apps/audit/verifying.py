"""Verifying the log: contents, links and seals, one after the other, in constant memory."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from apps.audit.canonical import FIELDS, digest_of, form, link_hash
from apps.audit.guarding import missing_guards
from apps.audit.models import AuditLink, AuditRecord, AuditSeal
from apps.audit.models.chain import GENESIS
from apps.audit.seals import Head, holds
from apps.audit.searching import same_words, search_text_of

CHUNK = 50
"""Links that are in memory at once, with their records: one record may hold 11,000 rules twice."""


class Verified(NamedTuple):
    """What was found to be well."""

    records: int
    seals: int
    head: str
    """Hash of the last link, the genesis where there is none."""


class Unguarded(Exception):
    """All is as it was written, but the database would let it be changed; the text names what is gone."""


class BadRecord(Exception):
    """The first record that is not what was written; the text names it and says what is wrong."""


def verify(keys: Mapping[str, Ed25519PublicKey]) -> Verified:
    """Check the whole log. keys: the console's public keys by name.

    Raises BadRecord at the first that is bad; and where none is, Unguarded when triggers are gone, ValueError
    when a seal is by a key that was not given.
    """
    position, head, seals, unknown = 0, GENESIS, 0, None
    waiting = _seals()
    seal = next(waiting, None)
    for link, record in _links():
        position += 1
        if link.position != position:
            gone = (
                f"{position}"
                if link.position == position + 1
                else f"{position}–{link.position - 1}"
            )
            raise BadRecord(
                f"position {gone} of the chain is missing, before record {link.record_id}"
            )
        _check_link(link, record, head)
        head = link.hash
        if seal and seal.position == position:
            if not _is_sealed(seal, link.hash, keys):
                unknown = unknown or seal
            seal, seals = next(waiting, None), seals + 1
    if seal:
        raise BadRecord(
            f"position {position + 1} of the chain is missing, and all after it: "
            f"a seal was made at position {seal.position}"
        )
    _check_unlinked()
    if missing := missing_guards():
        raise Unguarded(
            f"the database does not guard it: {', '.join(missing)} is gone, off, or another"
        )
    if unknown:
        raise ValueError(
            f"the seal at position {unknown.position} is signed by key {unknown.key_id}, which is none of "
            "those given. A former key of the console? Give its public half with --public-key."
        )
    return Verified(position, seals, head)


def _links() -> Iterator[tuple[AuditLink, AuditRecord | None]]:
    """Each link with its record, None where that is gone."""
    last = 0
    while links := list(AuditLink.objects.filter(position__gt=last).order_by("position")[:CHUNK]):
        wanted = [link.record_id for link in links]
        records = AuditRecord.objects.in_bulk(wanted)
        for link in links:
            yield link, records.get(link.record_id)
        last = links[-1].position


def _seals() -> Iterator[AuditSeal]:
    """Each seal, in the order of positions."""
    last = 0
    while seals := list(AuditSeal.objects.filter(position__gt=last).order_by("position")[:CHUNK]):
        yield from seals
        last = seals[-1].position


def _check_link(link: AuditLink, record: AuditRecord | None, previous: str) -> None:
    where = f"record {link.record_id} (position {link.position})"
    if record is None:
        raise BadRecord(f"{where} was deleted: its link is there, the record is not")
    content = {name: getattr(record, name) for name in FIELDS}
    try:
        canonical = form(record.at, content)
    except (ValueError, TypeError):
        raise BadRecord(f"{where} was changed: it holds what no record holds") from None
    if record.digest != digest_of(canonical):
        raise BadRecord(f"{where} was changed: its content does not give its digest")
    if link.previous != previous:
        raise BadRecord(f"{where} does not follow the link before it")
    if link.hash != link_hash(previous, record.digest, link.record_id):
        raise BadRecord(f"{where}: its link is not the hash of what it links")
    found = same_words(record.search_text, search_text_of(content))
    if record.size != len(canonical) or not found:
        raise BadRecord(f"{where} is kept from lists or the search: its size or words are others")


def _is_sealed(seal: AuditSeal, head: str, keys: Mapping[str, Ed25519PublicKey]) -> bool:
    """Whether a known key sealed this head; False: an unknown one, as the seal says. Raises BadRecord."""
    where = f"the seal at position {seal.position}"
    if seal.hash != head:
        raise BadRecord(f"{where} is of another chain: the hash there is not the sealed one")
    key = keys.get(seal.key_id)
    if key is None:
        return False
    if not holds(Head(seal.position, seal.hash, seal.sealed_at), seal.signature, key):
        raise BadRecord(f"{where} is forged: its signature is not the console's")
    return True


def _check_unlinked() -> None:
    loose = (
        AuditRecord.objects.filter(link=None).order_by("id").values_list("id", flat=True).first()
    )
    if loose is not None:
        raise BadRecord(f"record {loose} was put in past the chain: it has no link")
