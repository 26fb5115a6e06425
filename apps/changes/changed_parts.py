"""What an edit of a whole table changed, as the audit log keeps it: pure."""

from collections.abc import Mapping
from typing import Any

from lvs.documents import Document, server_to_document, service_to_document
from lvs.model import Table, VirtualService
from lvs.settings import settings_to_document


def changed_parts(before: Table, after: Table) -> tuple[Document, Document]:
    """Of two tables only what differs, by the names of services, real servers and fields.

    A part that only one of them has stands there whole, and not in the other.
    """
    old, new = before.by_key(), after.by_key()
    differing = {key: None for key in (*old, *new) if old.get(key) != new.get(key)}
    pairs = {str(key): _service(old.get(key), new.get(key)) for key in differing}
    was, now = _differing(
        settings_to_document(*before.settings), settings_to_document(*after.settings)
    )
    return (
        _with_services({name: pair[0] for name, pair in pairs.items()}) | was,
        _with_services({name: pair[1] for name, pair in pairs.items()}) | now,
    )


def _with_services(services: Mapping[str, Document | None]) -> Document:
    kept = {name: document for name, document in services.items() if document is not None}
    return {"services": kept} if kept else {}


def _service(
    old: VirtualService | None, new: VirtualService | None
) -> tuple[Document | None, Document | None]:
    if old is None or new is None:
        return old and service_to_document(old), new and service_to_document(new)
    was, now = _differing(service_to_document(old.settings), service_to_document(new.settings))
    servers = _differing(_servers(old), _servers(new))
    fields = [
        (name, _differing(servers[0].get(name, {}), servers[1].get(name, {})))
        for name in {**servers[0], **servers[1]}
    ]
    for side, document in enumerate((was, now)):
        found = {name: pair[side] for name, pair in fields if name in servers[side]}
        if found:
            document["real_servers"] = found
    return was, now


def _servers(service: VirtualService) -> dict[str, Document]:
    return {str(server): server_to_document(server) for server in service.real_servers}


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Document, Document]:
    """Of two documents the entries that differ; one that only one of them has stands in that one."""
    names = [name for name in {**old, **new} if name not in old or name not in new]
    names += [name for name in old if name in new and old[name] != new[name]]
    return tuple({n: side[n] for n in names if n in side} for side in (old, new))  # type: ignore[return-value]
