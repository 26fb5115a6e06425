"""What a read-back that differs is told as."""

from lvs.model import RealServer
from lvs.verify import explain_difference
from tests.lvs.examples import SERVERS, TUTORIAL, table_of, with_servers

FIRST, SECOND = SERVERS


def told(*services):
    return explain_difference(TUTORIAL, table_of(*services))


def test_a_field_is_named_with_service_and_both_values():
    text = told(with_servers(*SERVERS, scheduler="wlc"))
    assert text.endswith("tcp 192.168.49.134:80 has scheduler wlc instead of rr")


def test_a_real_servers_field_is_named():
    text = told(with_servers(FIRST._replace(weight=3), SECOND))
    assert "192.168.1.103:80 of tcp 192.168.49.134:80 has weight 3 instead of 1" in text


def test_missing_and_surplus_real_servers_are_named():
    text = told(with_servers(FIRST, RealServer("192.168.1.9", 80)))
    assert "192.168.1.104:80 of tcp 192.168.49.134:80 is missing" in text
    assert "192.168.1.9:80 of tcp 192.168.49.134:80 is there and should not be" in text


def test_missing_service_is_named():
    assert told() == "The kernel differs from the table: tcp 192.168.49.134:80 is missing"


def test_many_differences_are_counted():
    surplus = [RealServer(f"192.168.1.{n}", 80) for n in range(1, 6)]
    assert told(with_servers(*SERVERS, *surplus)).endswith("; and 2 more")
