"""The canonical JSON text of a table: what its digest is the hash of, and what the state file holds.

It is `json.dumps(table_to_document(table), sort_keys=True, separators=(",", ":"))`, to the byte. Services
and real servers, of which there are ten thousand, are written by hand: in a fraction of the time, and
without a dictionary for each.
"""

import hashlib
import json
from collections.abc import Iterator
from json.encoder import encode_basestring_ascii as _text
from typing import TYPE_CHECKING, Any, NamedTuple

from lvs.remember import remembered

if TYPE_CHECKING:
    from lvs.model import Table, VirtualService

_BEGINNING = '{"services":['


class _Latest(NamedTuple):
    table: "Table | None" = None
    text: tuple[bytes, ...] = ()
    digest: str = ""


class _Memory:
    """The latest text, and of which table: an apply needs it for the digest and again for the file."""

    latest = _Latest()


def canonical_text(table: "Table") -> tuple[bytes, ...]:
    """The text, ASCII only, in parts: about one for each service, for as a whole it takes megabytes."""
    return _of(table).text


def digest_of(table: "Table") -> str:
    """SHA-256 of the text, in hex."""
    return _of(table).digest


def _of(table: "Table") -> _Latest:
    latest = _Memory.latest
    if latest.table is not table:
        text, digest = tuple(_parts(table)), hashlib.sha256()
        for part in text:
            digest.update(part)
        _Memory.latest = latest = _Latest(table, text, digest.hexdigest())
    return latest


def _parts(table: "Table") -> Iterator[bytes]:
    from lvs.documents import table_to_document  # which is made of the model, as this is for it

    others = _dump(table_to_document(table._replace(services=())))
    yield _BEGINNING.encode()
    comma = ""
    for service in table.services:
        yield f"{comma}{_service(service)}".encode()
        comma = ","
    yield others.removeprefix(_BEGINNING).encode()


def _dump(document: object) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _service(service: "VirtualService") -> str:
    flags, middle, scheduler = _service_settings(service[5:-1])
    if service.fwmark:
        own = f'"family":{_text(service.family)},{flags},"fwmark":{service.fwmark:d},{middle}'
    else:
        place = f'"port":{service.port:d},"protocol":{_text(service.protocol)}'
        own = f'"address":{_text(service.address)},{flags},{middle},{place}'
    servers = ",".join([_address(server[0]) + _rest(server[1:]) for server in service.real_servers])
    return f'{{{own},"real_servers":[{servers}],{scheduler}}}'


@remembered
def _service_settings(values: tuple[Any, ...]) -> tuple[str, str, str]:
    """What stands before, between and behind the fields that name a service."""
    scheduler, flags, timeout, netmask, engine, one_packet = values
    found = {"engine": engine, "netmask": netmask, "timeout": int(timeout)} if timeout else None
    return (
        f'"flags":{_dump(flags)}',
        f'"one_packet":{_dump(bool(one_packet))},"persistence":{_dump(found)}',
        f'"scheduler":{_text(scheduler)}',
    )


# Of ten thousand real servers few have an address, or port and settings, of their own. What is remembered
# is written of values that are equal, so 1 and True must look alike.
@remembered
def _address(address: str) -> str:
    return f'{{"address":{_text(address)},'


@remembered
def _rest(values: tuple[Any, ...]) -> str:
    port, forwarding, weight, upper, lower, kind, tunnel_port, checksum = values
    tunnel = ""
    if forwarding == "tunnel":
        tunnel = f'"tunnel":{{"checksum":{_text(checksum)},"port":{tunnel_port:d},"type":{_text(kind)}}},'
    return (
        f'"forwarding":{_text(forwarding)},"lower_threshold":{lower:d},"port":{port:d},{tunnel}'
        f'"upper_threshold":{upper:d},"weight":{weight:d}}}'
    )
