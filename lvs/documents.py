"""The model as JSON objects, and back: what digests, plans, envelopes and files of our own hold.

What people write goes through `lvs.formats.document`, which says what is wrong and where.
"""

from typing import Any

from lvs.addresses import FULL_NETMASK, family_of
from lvs.canonical_form import make_table, service_order
from lvs.model import RealServer, Scope, ServiceKey, Table, VirtualService
from lvs.settings import settings_from_document, settings_to_document

Document = dict[str, Any]
"""A JSON object."""


def key_to_document(key: ServiceKey) -> Document:
    """`{"protocol", "address", "port"}` or `{"fwmark", "family"}`."""
    if key.fwmark:
        return {"fwmark": key.fwmark, "family": key.family}
    return {"protocol": key.protocol, "address": key.address, "port": key.port}


def server_to_document(server: RealServer) -> Document:
    """The real server as a JSON object, every default written out."""
    document: Document = {
        "address": server.address,
        "port": server.port,
        "forwarding": server.forwarding,
        "weight": server.weight,
        "upper_threshold": server.upper_threshold,
        "lower_threshold": server.lower_threshold,
    }
    if server.forwarding == "tunnel":
        document["tunnel"] = {
            "type": server.tunnel_type,
            "port": server.tunnel_port,
            "checksum": server.tunnel_checksum,
        }
    return document


def service_to_document(service: VirtualService) -> Document:
    """The service with its real servers as a JSON object, every default written out."""
    document = key_to_document(service.key)
    document |= {
        "scheduler": service.scheduler,
        "flags": list(service.flags),
        "one_packet": service.one_packet,
        "persistence": None,
        "real_servers": [server_to_document(s) for s in service.real_servers],
    }
    if service.persistence:
        document["persistence"] = {
            "timeout": service.persistence,
            "netmask": service.netmask,
            "engine": service.persistence_engine,
        }
    return document


def table_to_document(table: Table) -> Document:
    """The table as a JSON object: `services`, and those of `timeouts`, `sync`, `sysctls` it decides."""
    services = [service_to_document(s) for s in table.services]
    return {"services": services} | settings_to_document(*table.settings)


def server_from_document(document: Document) -> RealServer:
    """The inverse of `server_to_document`, for documents of our own making.

    Raises KeyError, TypeError or ValueError on anything else.
    """
    tunnel = document.get("tunnel") or {}
    return RealServer(
        document["address"],
        document["port"],
        document["forwarding"],
        document["weight"],
        document["upper_threshold"],
        document["lower_threshold"],
        tunnel.get("type", "ipip"),
        tunnel.get("port", 0),
        tunnel.get("checksum", "none"),
    )


def key_from_document(document: Document) -> ServiceKey:
    """The inverse of `key_to_document`. Raises as `server_from_document` does."""
    if "fwmark" in document:
        return ServiceKey(document["family"], "", "", 0, document["fwmark"])
    address = document["address"]
    return ServiceKey(family_of(address), document["protocol"], address, document["port"], 0)


def service_from_document(document: Document) -> VirtualService:
    """The inverse of `service_to_document`. Raises as `server_from_document` does."""
    key = key_from_document(document)
    persistence = document.get("persistence") or {}
    return VirtualService(
        *key,
        scheduler=document["scheduler"],
        flags=tuple(document["flags"]),
        persistence=persistence.get("timeout", 0),
        netmask=persistence.get("netmask") or FULL_NETMASK[key.family],
        persistence_engine=persistence.get("engine", ""),
        one_packet=document["one_packet"],
        real_servers=tuple(server_from_document(s) for s in document["real_servers"]),
    )


def table_from_document(document: Document) -> Table:
    """The inverse of `table_to_document`. Raises as `server_from_document` does."""
    services = (service_from_document(s) for s in document["services"])
    return make_table(services, *settings_from_document(document))


def scope_to_document(scope: Scope) -> Document:
    """The scope as a JSON object of lists, and `sync` as true or false."""
    return {
        "services": [key_to_document(key) for key in sorted(scope.services, key=service_order)],
        "timeouts": sorted(scope.timeouts),
        "sync": scope.sync,
        "sysctls": sorted(scope.sysctls),
    }


def scope_from_document(document: Document) -> Scope:
    """The inverse of `scope_to_document`. Raises as `server_from_document` does."""
    return Scope(
        frozenset(key_from_document(key) for key in document["services"]),
        frozenset(document["timeouts"]),
        bool(document["sync"]),
        frozenset(document["sysctls"]),
    )
