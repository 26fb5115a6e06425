"""What differs between the services of two tables, in words for people: for the change page and the
plan's text. Settings: `lvs.diff_settings`."""

from typing import Literal, NamedTuple

from lvs.addresses import FULL_NETMASK
from lvs.canonical_form import server_order, service_order
from lvs.model import RealServer, Table, VirtualService

Kind = Literal["added", "removed", "changed", "same"]


class FieldDiff(NamedTuple):
    """One setting with its display text before and after."""

    name: str
    before: str
    after: str


class ServerDiff(NamedTuple):
    """One real server: as it is after, or as it was when it is removed."""

    kind: Kind
    server: RealServer
    fields: tuple[FieldDiff, ...] = ()


class ServiceDiff(NamedTuple):
    """One virtual service: as it is after, or as it was when it is removed.

    `changed` holds also when only its real servers differ; `fields` then is empty.
    """

    kind: Kind
    service: VirtualService
    fields: tuple[FieldDiff, ...] = ()
    servers: tuple[ServerDiff, ...] = ()


def service_texts(service: VirtualService) -> dict[str, str]:
    """The editable settings of a service by display name, as display text."""
    full = FULL_NETMASK[service.family]
    persistence = f"{service.persistence} s" if service.persistence else "none"
    return {
        "scheduler": service.scheduler,
        "scheduler flags": ", ".join(service.flags) or "none",
        "persistence": persistence,
        "netmask": "each client address" if service.netmask == full else service.netmask,
        "persistence engine": service.persistence_engine or "none",
        "one-packet scheduling": "on" if service.one_packet else "off",
    }


def server_texts(server: RealServer) -> dict[str, str]:
    """The editable settings of a real server by display name, as display text."""
    return {
        "forwarding": server.forwarding,
        "weight": str(server.weight),
        "upper threshold": str(server.upper_threshold) if server.upper_threshold else "none",
        "lower threshold": str(server.lower_threshold) if server.lower_threshold else "default",
        "tunnel type": server.tunnel_type,
        "tunnel port": str(server.tunnel_port) if server.tunnel_port else "none",
        "tunnel checksum": server.tunnel_checksum,
    }


_SERVICE_DEFAULTS = {
    "scheduler flags": "none",
    "persistence": "none",
    "netmask": "each client address",
    "persistence engine": "none",
    "one-packet scheduling": "off",
}
_SERVER_DEFAULTS = {
    "upper threshold": "none",
    "lower threshold": "default",
    "tunnel type": "ipip",
    "tunnel port": "none",
    "tunnel checksum": "none",
}


def service_settings(service: VirtualService) -> dict[str, str]:
    """`service_texts` without what is at its default. The scheduler is always there."""
    return _without(_SERVICE_DEFAULTS, service_texts(service))


def server_settings(server: RealServer) -> dict[str, str]:
    """`server_texts` without what is at its default. Forwarding and weight are always there."""
    return _without(_SERVER_DEFAULTS, server_texts(server))


def _without(defaults: dict[str, str], texts: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if defaults.get(name) != text}


def service_fields(before: VirtualService, after: VirtualService) -> tuple[FieldDiff, ...]:
    """The settings that differ between two states of one service; real servers are not compared."""
    return field_diffs(service_texts(before), service_texts(after))


def server_fields(before: RealServer, after: RealServer) -> tuple[FieldDiff, ...]:
    """The settings that differ between two states of one real server."""
    return field_diffs(server_texts(before), server_texts(after))


def field_diffs(before: dict[str, str], after: dict[str, str]) -> tuple[FieldDiff, ...]:
    """The fields of `after` whose text is another in `before`, which has them all."""
    return tuple(
        FieldDiff(name, before[name], text) for name, text in after.items() if before[name] != text
    )


def diff_tables(before: Table, after: Table) -> tuple[ServiceDiff, ...]:
    """Every service of both tables, also those that are the same, in the order of a table."""
    old, new = before.by_key(), after.by_key()
    keys = sorted(old.keys() | new.keys(), key=service_order)
    return tuple(_service_diff(old.get(key), new.get(key)) for key in keys)


def _service_diff(old: VirtualService | None, new: VirtualService | None) -> ServiceDiff:
    servers = _server_diffs(old.real_servers if old else (), new.real_servers if new else ())
    if old and new:
        kind: Kind = "same" if old == new else "changed"
        return ServiceDiff(kind, new, service_fields(old, new), servers)
    service = new or old
    if service is None:
        raise ValueError("a service that is in neither table")
    return ServiceDiff("added" if new else "removed", service, (), servers)


def _server_diffs(
    before: tuple[RealServer, ...], after: tuple[RealServer, ...]
) -> tuple[ServerDiff, ...]:
    old, new = {s.key: s for s in before}, {s.key: s for s in after}
    servers = sorted({**old, **new}.values(), key=server_order)
    return tuple(_server_diff(server, old.get(server.key), new) for server in servers)


def _server_diff(
    server: RealServer, old: RealServer | None, new: dict[tuple[str, int], RealServer]
) -> ServerDiff:
    if server.key not in new:
        return ServerDiff("removed", server)
    if old is None:
        return ServerDiff("added", server)
    return ServerDiff("same" if old == server else "changed", server, server_fields(old, server))
