"""What a reader asks, decodes and remembers; the kernel is played by the encoder."""

import struct

import pytest

from lvs.canonical_form import canonical_service, make_table, sorted_table
from lvs.counters import Counters, Rates
from lvs.netlink import reading
from lvs.netlink.encode import encode_key, encode_service, nested
from lvs.netlink.reading import counter_reader, rate_reader, table_reader
from lvs.netlink.uapi import Command, CommandAttr, DestAttr, ServiceAttr, StatsAttr
from tests.lvs.examples import SERVERS, TUTORIAL, WEB, marked
from tests.lvs.random_tables import random_table
from tests.lvs.test_codec import attribute, encode_server, native, stats

DONE = struct.pack("=IHHIIi", 20, 3, 2, 1, 9, 0)


def message(number, attributes):
    body = nested(number, attributes)
    return struct.pack("=IHHIIBBxx", 20 + len(body), 30, 2, 1, 9, 1, 1) + body


class Kernel:
    """Answers as the kernel would that holds a table; counts what it is asked."""

    def __init__(self, table, connections=0, rates=()):
        self.table = table
        self.stats = attribute(ServiceAttr.STATS64, stats(8, connections, 0, 0, 0, 0, *rates))
        self.begun = 0

    def begin_again(self):
        self.begun += 1

    def dump(self, family, command):
        assert command == Command.GET_SERVICE
        return [
            message(CommandAttr.SERVICE, encode_service(service) + self.stats)
            for service in self.table.services
        ]

    def dump_each(self, family, command, questions, before):
        assert command == Command.GET_DEST
        by_question = {
            nested(CommandAttr.SERVICE, encode_key(service.key)): service
            for service in self.table.services
        }
        answers = [[self._servers(by_question[question]), DONE] for question in questions]
        return [old if old == new else new for new, old in zip(answers, before, strict=True)]

    def _servers(self, service):
        counted = b"".join(
            attribute(DestAttr[name], native(0))
            for name in ("ACTIVE_CONNS", "INACT_CONNS", "PERSIST_CONNS")
        )
        counted += self.stats  # a real server's has the same number
        return b"".join(
            message(CommandAttr.DEST, encode_server(server) + counted)
            for server in reversed(service.real_servers)
        )


@pytest.mark.parametrize("seed", range(8))
def test_any_table_is_read_as_it_is(seed):
    table = random_table(seed, 30, 8)
    reader = table_reader()
    assert sorted_table(reader.read(Kernel(table), 1)) == table
    assert sorted_table(reader.read(Kernel(table), 1)) == table


def test_services_that_are_read_are_canonical():
    found = table_reader().read(Kernel(random_table(3, 30, 8)), 1)
    assert found == [canonical_service(service) for service in found]


def test_what_changed_since_the_last_reading_is_seen():
    reader = table_reader()
    reader.read(Kernel(TUTORIAL), 1)
    edited = make_table([WEB._replace(real_servers=(SERVERS[0], SERVERS[1]._replace(weight=9)))])
    assert sorted_table(reader.read(Kernel(edited), 1)) == edited
    more = make_table([*edited.services, marked(4)])
    assert sorted_table(reader.read(Kernel(more), 1)) == more
    assert sorted_table(reader.read(Kernel(TUTORIAL), 1)) == TUTORIAL


def test_what_is_as_before_is_not_decoded_again(monkeypatch):
    reader = counter_reader()
    first = reader.read(Kernel(TUTORIAL, connections=5), 1)
    monkeypatch.setattr(reader, "_decode", lambda *arguments: pytest.fail("decoded again"))
    assert reader.read(Kernel(TUTORIAL, connections=5), 1)[0] is first[0]


def test_counters_that_moved_are_read_anew():
    reader = counter_reader()
    reader.read(Kernel(TUTORIAL, connections=5), 1)
    (service,) = reader.read(Kernel(TUTORIAL, connections=2**63), 1)
    assert service.counters == Counters(2**63)
    assert {server.counters.connections for server in service.servers} == {2**63}
    assert {(s.address, s.port, s.weight) for s in service.servers} == {
        (s.address, s.port, s.weight) for s in SERVERS
    }


def test_rates_are_read_of_services_and_their_real_servers():
    rates = (1, 2, 3, 2**40, 5)
    (service,) = rate_reader().read(Kernel(TUTORIAL, connections=9, rates=rates), 1)
    assert (service.key, service.rates) == (WEB.key, Rates(*rates))
    assert {(s.address, s.port, s.rates) for s in service.servers} == {
        (s.address, s.port, Rates(*rates)) for s in SERVERS
    }


def test_only_the_last_reading_is_remembered():
    reader = table_reader()
    reader.read(Kernel(random_table(1, 20)), 1)
    reader.read(Kernel(TUTORIAL), 1)
    assert len(reader._before) == 1


def test_each_reading_numbers_its_questions_from_the_beginning():
    kernel = Kernel(TUTORIAL)
    reader = table_reader()
    reader.read(kernel, 1)
    reader.read(kernel, 1)
    assert kernel.begun == 2


def test_service_of_an_unknown_family_is_passed_over(caplog):
    class Odd(Kernel):
        def dump(self, family, command):
            odd = attribute(ServiceAttr.AF, native(77, 2)) + encode_service(WEB)[8:]
            return [message(CommandAttr.SERVICE, self._with_totals(odd)), *super().dump(1, command)]

        def _with_totals(self, attributes):
            return attributes + attribute(ServiceAttr.STATS64, stats(8, 0, 0, 0, 0, 0))

    assert sorted_table(table_reader().read(Odd(TUTORIAL), 1)) == TUTORIAL
    assert "unknown address family" in caplog.text


def test_totals_stand_in_the_order_of_the_counters():
    names = [field.paths[0][1] for field in reading.TOTAL_FIELDS]
    assert names == [StatsAttr.CONNS, StatsAttr.INPKTS, StatsAttr.OUTPKTS, 4, 5]
    assert len(names) == len(Counters._fields)


def test_rates_stand_in_the_order_of_their_names():
    names = [field.paths[0][1] for field in reading.RATE_FIELDS]
    assert names == [
        StatsAttr.CPS,
        StatsAttr.INPPS,
        StatsAttr.OUTPPS,
        StatsAttr.INBPS,
        StatsAttr.OUTBPS,
    ]
    assert len(names) == len(Rates._fields)
