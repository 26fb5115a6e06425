"""Errands on a real kernel: what the console asks beside the table, with ipvsadm as witness."""

import re

import pytest

from lvs.documents import key_to_document, table_to_document
from tests.lab.director import table, wait_for

QUESTION = {"filters": {}, "totals": False, "sort": "client", "limit": 50}
VIP = "192.168.49.134"


def visit(director, times=4, port=80):
    """So many connections of the client to a service."""
    for _ in range(times):
        done = director.lab.run(
            ["ip", "netns", "exec", "client", "curl", "-s", "-m", "5", f"http://{VIP}:{port}/"]
        )
        assert done.returncode == 0, done.stderr


def counted(director):
    """Connections of each service, as ipvsadm counts them."""
    text = director.ipvsadm("-Ln", "--stats")
    return [int(found) for found in re.findall(r"^TCP  \S+ +(\d+)", text, re.MULTILINE)]


@pytest.fixture
def busy(running):
    """A director with two services, of which the first has connections."""
    running.obey(running.order(table(2)))
    visit(running)
    return running


def test_the_connections_are_those_that_ipvsadm_lists(busy):
    answer, error = busy.ask("connections", **QUESTION)
    assert error == ""
    listed = [line for line in busy.ipvsadm("-Lcn").splitlines() if line.startswith("TCP")]
    rows = answer["connections"]["rows"]
    assert len(rows) == answer["connections"]["matched"] == len(listed) >= 4
    assert {row["server"]["address"] for row in rows} == {"192.168.1.103", "192.168.1.104"}


def test_rows_may_come_the_other_way_round(busy):
    first, _ = busy.ask("connections", **QUESTION)
    last, _ = busy.ask("connections", **QUESTION, reverse=True)
    ports = [[row["client"]["port"] for row in a["connections"]["rows"]] for a in (first, last)]
    assert ports[0] == ports[1][::-1] == sorted(ports[0])


def test_totals_of_connections(busy):
    answer, _ = busy.ask("connections", **(QUESTION | {"totals": True}))
    assert answer["connections"]["total"] >= 4


def test_a_filter_that_can_not_be_is_answered_so(running):
    answer, error = running.ask("connections", **(QUESTION | {"filters": {"client": "nobody"}}))
    assert answer == {}
    assert "is no address of a client" in error


def test_counters_of_one_service_are_set_to_zero(busy):
    # The kernel adds its counters up every two seconds only.
    wait_for(lambda: counted(busy)[0] >= 4, "counted connections")
    key = table(2).services[0].key
    assert busy.ask("zero", service=key_to_document(key)) == ({}, "")
    assert counted(busy)[0] == 0


def test_counters_of_all_that_are_ours_are_set_to_zero_and_no_others(busy):
    busy.ipvsadm("-A", "-t", f"{VIP}:8080", "-s", "rr")
    busy.ipvsadm("-a", "-t", f"{VIP}:8080", "-r", "192.168.1.103:80", "-m")
    visit(busy, port=8080)
    wait_for(lambda: sum(counted(busy)) >= 8, "counted connections")
    assert busy.ask("zero", service=None) == ({}, "")
    assert sorted(counted(busy)) == [0, 0, 4]


def test_counters_of_a_service_that_is_not_ours_are_left_alone(busy):
    _, error = busy.ask("zero", service=key_to_document(table(9).services[8].key))
    assert "is not managed from here" in error


def test_a_director_examines_itself_for_the_table_that_it_holds(busy):
    answer, error = busy.ask("doctor")
    assert (error, answer["fit"]) == ("", True)
    assert any(VIP in finding["subject"] for finding in answer["findings"])


def test_a_director_examines_itself_for_a_table_to_come(running):
    wanted = table_to_document(table(1))
    wanted["services"][0]["address"] = "203.0.113.77"  # bound to no interface here
    answer, error = running.ask("doctor", table=wanted)
    assert (error, answer["fit"]) == ("", False)
    wrong = [f for f in answer["findings"] if f["level"] == "wrong"]
    assert ["203.0.113.77" in f["subject"] for f in wrong] == [True]


def test_a_script_checks_a_real_server_on_the_spot(busy):
    answer, error = busy.ask("script", address="192.168.1.103")
    assert error == ""
    argv = ["ip", "netns", "exec", "web1", "sh", "-s"]
    done = busy.lab.run(argv, input=answer["script"])
    assert done.returncode == 0, done.stdout
    assert "ok" in done.stdout


def test_there_is_no_script_for_a_stranger(busy):
    _, error = busy.ask("script", address="192.0.2.66")
    assert "no real server 192.0.2.66" in error
