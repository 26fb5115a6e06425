"""The canonical JSON text of a table: what its digest is the hash of, and what the state file holds.

It is `json.dumps(table_to_document(table), sort_keys=True, separators=(",", ":"))`, to the byte. Real
servers, of which there are ten thousand, are written by hand: in a fraction of the time, and without a
dictionary for each.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from lvs.model import RealServer, Table

_NO_SERVERS = '"real_servers":[]'


class _Latest(NamedTuple):
    table: "Table | None" = None
    parts: tuple[bytes, ...] = ()


class _Memory:
    """The latest text, and of which table: an apply needs it for the digest and again for the file."""

    latest = _Latest()


def canonical_text(table: "Table") -> tuple[bytes, ...]:
    """The text, ASCII only, in parts: about one for each service, for as a whole it takes megabytes."""
    latest = _Memory.latest
    if latest.table is not table:
        _Memory.latest = latest = _Latest(table, tuple(_parts(table)))
    return latest.parts


def _parts(table: "Table") -> Iterator[bytes]:
    from lvs.documents import table_to_document  # which is made of the model, as this is for it

    services = [service._replace(real_servers=()) for service in table.services]
    text = _dump(table_to_document(table._replace(services=tuple(services))))
    # Inside of a JSON text quotes are escaped: what is between these is what it looks like.
    first, *rest = text.split(_NO_SERVERS)
    yield first.encode()
    for service, part in zip(table.services, rest, strict=True):
        yield f'"real_servers":[{_servers(service.real_servers)}]{part}'.encode()


def _dump(document: object) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _servers(servers: "tuple[RealServer, ...]") -> str:
    return ",".join([f'{{"address":{_text(s[0])},{_rest(s[1:])}}}' for s in servers])


# Of ten thousand real servers few have an address, or port and settings, of their own.
_text = lru_cache(maxsize=65536)(encode_basestring_ascii)


@lru_cache(maxsize=4096)
def _rest(values: tuple[Any, ...]) -> str:
    port, forwarding, weight, upper, lower, kind, tunnel_port, checksum = values
    tunnel = ""
    if forwarding == "tunnel":
        tunnel = (
            f'"tunnel":{{"checksum":{_text(checksum)},"port":{tunnel_port},"type":{_text(kind)}}},'
        )
    return (
        f'"forwarding":{_text(forwarding)},"lower_threshold":{lower},"port":{port},{tunnel}'
        f'"upper_threshold":{upper},"weight":{weight}'
    )
