"""What the audit log keeps of an edit of many parts."""

from apps.changes.changed_parts import changed_parts
from lvs.canonical_form import make_table
from lvs.documents import service_to_document
from lvs.settings import Timeouts
from tests.factories import WEB1, WEB2, make_service

HTTP, DNS = make_service(80), make_service(53)
NAME, SERVER = "tcp 192.168.49.134:80", "192.168.1.103:80"


def table(*services, **timeouts):
    return make_table(services, Timeouts(**timeouts))


def test_of_a_service_and_its_real_servers_only_the_fields_that_differ():
    edited = make_service(80, "wrr", servers=(WEB1._replace(weight=5), WEB2))
    assert changed_parts(table(HTTP, DNS), table(edited, DNS)) == (
        {"services": {NAME: {"scheduler": "rr", "real_servers": {SERVER: {"weight": 1}}}}},
        {"services": {NAME: {"scheduler": "wrr", "real_servers": {SERVER: {"weight": 5}}}}},
    )


def test_what_only_one_has_stands_there_whole():
    before, after = changed_parts(table(HTTP), table(DNS))
    assert before == {"services": {NAME: service_to_document(HTTP)}}
    assert after == {"services": {"tcp 192.168.49.134:53": service_to_document(DNS)}}
    before, after = changed_parts(table(HTTP), table(make_service(80, servers=(WEB2,))))
    assert list(before["services"][NAME]["real_servers"]) == [SERVER]
    assert after == {"services": {NAME: {}}}


def test_settings_that_differ():
    assert changed_parts(table(HTTP, tcp=9), table(HTTP, udp=5)) == (
        {"timeouts": {"tcp": 9}},
        {"timeouts": {"udp": 5}},
    )
    assert changed_parts(table(HTTP), table(HTTP)) == ({}, {})
