"""Batches and readings: what is done with few system calls, against the plain way and ipvsadm."""

import time

import pytest

from lvs.canonical_form import make_table, sorted_table
from lvs.errors import NoAnswer
from lvs.model import RealServer
from lvs.netlink.attributes import attributes
from lvs.netlink.decode import decode_server, decode_server_counters, decode_service
from lvs.netlink.encode import encode_key, nested
from lvs.netlink.kernel import Kernel
from lvs.netlink.messages import HEADERS
from lvs.netlink.reading import counter_reader, table_reader
from lvs.netlink.uapi import Command, CommandAttr
from lvs.plan import Step
from tests.lab.inside.check_kernel import ask_the_web_service
from tests.lab.inside.conftest import fill
from tests.lab.inside.reading import services
from tests.lvs.examples import SERVERS, TUTORIAL, WEB
from tests.lvs.random_tables import random_table


def test_refusals_for_which_there_is_no_room_are_an_error(ipvsadm, monkeypatch):
    monkeypatch.setattr("lvs.netlink.transport._RECEIVE_BUFFER", 1)  # the kernel makes it 2,304
    missing = [Step("edit server", WEB.settings, SERVERS[0])] * 50
    with Kernel() as kernel, pytest.raises(NoAnswer, match="were lost"):
        kernel.execute(missing, lambda index, refusal: None)


def test_refusal_in_the_middle_of_a_batch_leaves_the_others_done(kernel, ipvsadm):
    fill(kernel, TUTORIAL)
    edits = [Step("edit server", WEB.settings, server._replace(weight=9)) for server in SERVERS]
    absent = Step("edit server", WEB.settings, RealServer("192.168.1.105", 80))
    told = []
    refusal = kernel.execute([edits[0], absent, edits[1]], lambda *result: told.append(result))
    assert told == [(range(1), None), (range(1, 2), refusal), (range(2, 3), None)]
    assert [s.weight for s in kernel.read_table().services[0].real_servers] == [9, 9]


def test_expected_table_is_read_once_and_another_until_it_rests(kernel, monkeypatch):
    fill(kernel, TUTORIAL)
    read = Kernel.read_table
    times = []
    monkeypatch.setattr(Kernel, "read_table", lambda self: times.append(1) or read(self))
    assert services(kernel.read_stable_table(lambda table: True)) == services(TUTORIAL)
    assert len(times) == 1
    kernel.read_stable_table(lambda table: False)
    assert len(times) == 3


@pytest.mark.parametrize("seed", range(3))
def test_every_message_is_read_as_attribute_by_attribute(kernel, ipvsadm, seed):
    table = random_table(seed, 60, 12)
    fill(kernel, table)
    transport, family = kernel._transport, kernel._family
    found_services = []
    for message in transport.dump(family, Command.GET_SERVICE):
        found = attributes(attributes(message, HEADERS)[CommandAttr.SERVICE])
        service = decode_service(found)
        key = nested(CommandAttr.SERVICE, encode_key(service.key))
        dests = [
            attributes(attributes(answer, HEADERS)[CommandAttr.DEST])
            for answer in transport.dump(family, Command.GET_DEST, key)
        ]
        servers = tuple(decode_server(dest, service.family) for dest in dests)
        counted = tuple(decode_server_counters(dest, service.family) for dest in dests)
        found_services.append((service._replace(real_servers=servers), counted))
    assert make_table(service for service, _ in found_services) == sorted_table(
        table_reader().read(transport, family)
    )
    assert [counted for _, counted in found_services] == [
        service.servers for service in kernel.read_counters()
    ]


def test_counters_that_move_are_seen_after_they_were_read(kernel):
    fill(kernel, TUTORIAL)
    (before,) = kernel.read_counters()
    ask_the_web_service(2)
    time.sleep(2.5)  # the kernel sums its counters up every two seconds
    (after,) = kernel.read_counters()
    assert after.counters.connections == before.counters.connections + 2
    assert [after] == counter_reader().read(kernel._transport, kernel._family)
