"""Filters → a test on a line's fields, made to be quick: bytes are compared as the kernel wrote them.

Pure.
"""

from collections.abc import Callable

from lvs.addresses import Family, packed
from lvs.connections.endpoints import Endpoint
from lvs.connections.filters import Filters, Kind, ServiceFilter
from lvs.connections.lines import (
    CLIENT,
    CLIENT_PORT,
    ORIGIN,
    PROTOCOL,
    SERVER,
    SERVER_PORT,
    SERVICE,
    SERVICE_PORT,
    STATE,
    Fields,
    is_template,
)
from lvs.connections.row import address_bytes, raw_address, raw_mark

Test = Callable[[Fields], bool]
MaskOf = Callable[[Fields], int | None]
"""What of the client's address counts for a template; None = all of it."""


def make_test(filters: Filters, mask_of: MaskOf) -> Test:
    """The test that tells whether a line's fields match. The cheapest and rarest come first."""
    tests = [
        *_kind_tests(filters.kind),
        *_endpoint_tests(filters.server, SERVER, SERVER_PORT),
        *_word_tests(filters),
        *_service_tests(filters.service),
        *_client_tests(filters.client, mask_of),
    ]
    if not tests:
        return lambda fields: True
    if len(tests) == 1:
        return tests[0]
    return lambda fields: all(test(fields) for test in tests)


def _kind_tests(kind: Kind) -> list[Test]:
    if kind == "templates":
        return [is_template]
    if kind == "connections":
        return [lambda fields: not is_template(fields)]
    return []


def _endpoint_tests(endpoint: Endpoint | None, address: int, port: int) -> list[Test]:
    """Tests of an exact address and, where one is given, a port."""
    if endpoint is None:
        return []
    raw = raw_address(endpoint.address)
    if not endpoint.port:
        return [lambda fields: fields[address] == raw]
    number = f"{endpoint.port:04X}".encode()
    return [lambda fields: fields[address] == raw and fields[port] == number]


def _word_tests(filters: Filters) -> list[Test]:
    tests: list[Test] = []
    if filters.protocol:
        protocol = filters.protocol.upper().encode()
        tests.append(lambda fields: fields[PROTOCOL] == protocol)
    if filters.states:
        tests.append(lambda fields: fields[STATE] in filters.states)
    if filters.origin:
        origin = filters.origin.upper().encode()
        tests.append(lambda fields: fields[ORIGIN] == origin)
    return tests


def _service_tests(service: ServiceFilter | None) -> list[Test]:
    if service is None:
        return []
    if service.fwmark:
        return [_mark_test(service)]
    # An address is a mark's number on templates of marks, whose protocol is IP.
    protocol = service.protocol.upper().encode()
    tests: list[Test] = [
        (lambda fields: fields[PROTOCOL] == protocol)
        if protocol
        else (lambda fields: fields[PROTOCOL] != b"IP")
    ]
    assert service.endpoint is not None
    if service.endpoint.port != 21:
        return [*_endpoint_tests(service.endpoint, SERVICE, SERVICE_PORT), *tests]
    raw = raw_address(service.endpoint.address)
    # Templates of FTP name no port: they hold for its data connections too.
    tests.append(
        lambda fields: (
            fields[SERVICE] == raw
            and (
                fields[SERVICE_PORT] == b"0015"
                or (fields[SERVICE_PORT] == b"0000" and is_template(fields))
            )
        )
    )
    return tests


def _mark_test(service: ServiceFilter) -> Test:
    families: tuple[Family, ...] = (service.family,) if service.family else ("inet", "inet6")
    wanted = {raw_mark(service.fwmark, family) for family in families}
    return lambda fields: fields[PROTOCOL] == b"IP" and fields[SERVICE] in wanted


def _client_tests(client: Endpoint | None, mask_of: MaskOf) -> list[Test]:
    """Tests of the client. A template matches when one of its clients can be one of these.

    It has no client port: it holds for all of them.
    """
    if client is None:
        return []
    raw = raw_address(client.address)
    length = len(raw)
    address = int.from_bytes(packed(client.address), "big")
    bits = 32 if length == 8 else 128
    wide = (1 << bits) - (1 << (bits - client.prefix))
    port = f"{client.port:04X}".encode()

    def differing(fields: Fields) -> int:
        return int.from_bytes(address_bytes(fields[CLIENT]), "big") ^ address

    def test(fields: Fields) -> bool:
        if len(fields[CLIENT]) != length:
            return False
        if is_template(fields):
            mask = mask_of(fields)
            return not differing(fields) & wide & (wide if mask is None else mask)
        if client.port and fields[CLIENT_PORT] != port:
            return False
        if client.prefix == bits:
            return fields[CLIENT] == raw
        return not differing(fields) & wide

    return [test]
