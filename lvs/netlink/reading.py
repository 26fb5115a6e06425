"""Reading services with their real servers: what came with the same bytes as before isn't decoded anew."""

import logging
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from lvs.addresses import Family
from lvs.counters import Counters, Rates, ServerCounters, ServerRates, ServiceCounters, ServiceRates
from lvs.model import RealServer, ServiceKey, VirtualService
from lvs.netlink.attributes import Field
from lvs.netlink.decode import (
    FAMILY_NAMES,
    key_of,
    server_counters_of,
    server_rates_of,
    servers_of,
    service_of,
)
from lvs.netlink.encode import encode_raw_key, nested
from lvs.netlink.fields import (
    RATE_FIELDS,
    SERVER_COUNTER_FIELDS,
    SERVER_FIELDS,
    SERVER_RATE_FIELDS,
    SERVICE_FIELDS,
    SERVICE_KEY_FIELDS,
    TOTAL_FIELDS,
)
from lvs.netlink.layout import Column, Layouts
from lvs.netlink.transport import Transport
from lvs.netlink.uapi import Command, CommandAttr

log = logging.getLogger(__name__)

Values = tuple[Any, ...]
_Service = TypeVar("_Service")
_Server = TypeVar("_Server")
_Numbers = TypeVar("_Numbers")


class _Asked(NamedTuple):
    """What one message said of a service, and the attributes that ask for its real servers."""

    values: Values
    family: Family
    question: bytes


def _asked(values: Values) -> _Asked | None:
    family = FAMILY_NAMES.get(values[0])
    if family is None:
        return None
    key = encode_raw_key(*values[: len(SERVICE_KEY_FIELDS)])
    return _Asked(values, family, nested(CommandAttr.SERVICE, key))


class _Known(NamedTuple, Generic[_Service]):
    """A service with the answer that named its real servers."""

    asked: _Asked
    answer: list[bytes]
    service: _Service


class Reader(Generic[_Service, _Server]):
    """Reads all services, and remembers the last reading.

    make_servers gets the values of all real servers of a service, field by field, and its family;
    make_service gets those of its own fields, which begin with `SERVICE_KEY_FIELDS`, and what make_servers
    made.
    """

    def __init__(
        self,
        service_fields: tuple[Field, ...],
        make_service: Callable[[Values, tuple[_Server, ...]], _Service],
        server_fields: tuple[Field, ...],
        make_servers: Callable[[list[Column], Family], tuple[_Server, ...]],
    ) -> None:
        self._make_service = make_service
        self._make_servers = make_servers
        self._services = Layouts(CommandAttr.SERVICE, service_fields)
        self._servers = Layouts(CommandAttr.DEST, server_fields)
        self._before: dict[bytes, _Known[_Service]] = {}

    def read(self, transport: Transport, family: int) -> list[_Service]:
        """Every service, in the kernel's order. Raises OSError with the kernel's errno."""
        transport.begin_again()
        messages = transport.dump(family, Command.GET_SERVICE)
        opened = self._open([message for message in messages if message not in self._before])
        asked: dict[bytes, _Asked] = {}
        before: list[list[bytes]] = []
        for message in messages:
            known = self._before.get(message)
            service = known.asked if known else opened[message]
            if service is None:
                log.warning("Passed over an IPVS service of an unknown address family")
                continue
            asked[message] = service
            before.append(known.answer if known else [])
        questions = [service.question for service in asked.values()]
        answers = transport.dump_each(family, Command.GET_DEST, questions, before)
        now: dict[bytes, _Known[_Service]] = {}
        for (message, service), answer in zip(asked.items(), answers, strict=True):
            known = self._before.get(message)
            if known is None or known.answer is not answer:
                known = _Known(service, answer, self._decode(service, answer))
            now[message] = known
        self._before = now
        return [known.service for known in now.values()]

    def _open(self, messages: list[bytes]) -> dict[bytes, _Asked | None]:
        """None for one whose address family is neither IPv4 nor IPv6: the model has no place for it."""
        found = zip(messages, self._services.read(messages), strict=True)
        return {message: _asked(values) for message, values in found}

    def _decode(self, asked: _Asked, answer: list[bytes]) -> _Service:
        servers = self._make_servers(self._servers.columns(answer), asked.family)
        return self._make_service(asked.values, servers)


TableReader = Reader[VirtualService, RealServer]
CounterReader = Reader[ServiceCounters, ServerCounters]
RateReader = Reader[ServiceRates, ServerRates]


def table_reader() -> TableReader:
    """A reader of canonical services."""
    return Reader(SERVICE_FIELDS, service_of, SERVER_FIELDS, servers_of)


def counter_reader() -> CounterReader:
    """A reader of counters. One that is kept from reading to reading decodes only what has changed."""
    make = _maker(ServiceCounters, Counters)
    return Reader(_with_key(TOTAL_FIELDS), make, SERVER_COUNTER_FIELDS, server_counters_of)


def rate_reader() -> RateReader:
    """A reader of the kernel's own estimates. Apart from the counters', which is read each second."""
    make = _maker(ServiceRates, Rates)
    return Reader(_with_key(RATE_FIELDS), make, SERVER_RATE_FIELDS, server_rates_of)


def _with_key(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return (*SERVICE_KEY_FIELDS, *fields)


def _maker(
    service: Callable[[ServiceKey, _Numbers, tuple[_Server, ...]], _Service],
    numbers: Callable[..., _Numbers],
) -> Callable[[Values, tuple[_Server, ...]], _Service]:
    """Makes a service of the values of its key, those of its numbers, and its real servers."""

    def make(values: Values, servers: tuple[_Server, ...]) -> _Service:
        key, rest = values[: len(SERVICE_KEY_FIELDS)], values[len(SERVICE_KEY_FIELDS) :]
        return service(key_of(key), numbers(*rest), servers)

    return make
