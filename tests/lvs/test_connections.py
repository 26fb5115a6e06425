"""What is found in the captured list: rows in order, templates with whom they hold for, counts."""

import json

import pytest

from lvs.canonical_form import make_table
from lvs.connections import make_filters, summarise
from lvs.connections.lines import Count, read_fields
from lvs.connections.services import Services
from lvs.connections.summary import Tally
from lvs.formats import parse
from lvs.model import EMPTY
from tests.lvs.captured_list import LINES, LIST, TABLE, find, rows, side
from tests.lvs.examples import WEB

GONE = "its service is not in the table any more"


def summary(limit=500, table=TABLE, **words):
    return summarise(make_filters(**words), limit, table=table, path=LIST)


def test_the_document_is_plain_json():
    found = find()
    assert json.loads(json.dumps(found)) == found
    assert (found["read"], found["unreadable"], found["example"]) == (56, 0, "")


def test_a_connection_as_a_document():
    (row,) = rows(client="203.0.113.9", protocol="sctp")
    assert row == {
        "kind": "connection",
        "client": {"address": "203.0.113.9", "port": 4000},
        "service": {"protocol": "sctp", "address": "192.168.49.134", "port": 99},
        "server": {"address": "192.168.1.103", "port": 99},
        "state": "INIT1",
        "seconds": 0,
    }


def test_a_template_as_a_document():
    (row,) = rows(service="udp 192.168.49.134:5060", kind="templates")
    assert row == {
        "kind": "template",
        "client": {"address": "203.0.113.9", "port": 0},
        "service": {"protocol": "udp", "address": "192.168.49.134", "port": 5060},
        "server": {"address": "192.168.1.103", "port": 5060},
        "state": "NONE",
        "seconds": 86,
        "engine": {"name": "sip", "data": "a84b4c76e66710@pc33"},
        "covers": "203.0.113.9",
        "remark": "",
    }


@pytest.mark.parametrize(
    ("service", "covers"),
    [
        ("192.168.49.134:80", {"203.0.113.0/24", "192.168.49.0/24"}),
        ("[fd00:49::134]:80", {"fd00:49::/64", "fd00:99::/64"}),
        ("[fd00:49::200]:80", {"fd00:49::1", "fd00:99::9"}),
        ("192.168.49.200", {"192.168.49.1", "203.0.113.9", "203.0.113.77"}),
        ("192.168.49.134:21", {"192.168.49.1", "203.0.113.9", "203.0.113.77"}),
        ("fwmark 7 ipv4", {"203.0.113.0/24", "192.168.49.0/24"}),
        ("fwmark 7 ipv6", {"fd00:49::/64", "fd00:99::/64"}),
    ],
)
def test_templates_say_whom_they_hold_for_by_the_services_netmask(service, covers):
    assert {row["covers"] for row in rows(service=service, kind="templates")} == covers


def test_a_netmask_with_holes_is_written_out_and_obeyed():
    # Our rules refuse such a netmask, but the kernel takes it from other programs.
    table = make_table([WEB._replace(persistence=300, netmask="255.0.255.0")])
    words = {"service": "192.168.49.134:80", "kind": "templates", "table": table}
    assert {row["covers"] for row in rows(**words)} == {
        "203.0.113.0 mask 255.0.255.0",
        "192.168.49.0 mask 255.0.255.0",
    }
    assert len(rows(client="203.99.113.5", **words)) == 1
    assert rows(client="203.0.114.5", **words) == []


def test_without_its_service_a_template_holds_for_what_it_names_alone():
    words = {"service": "192.168.49.134:80", "kind": "templates", "table": EMPTY}
    assert rows(client="203.0.113.9", **words) == []
    (row,) = rows(client="203.0.113.0", **words)
    assert (row["covers"], row["remark"]) == ("203.0.113.0", GONE)


@pytest.mark.parametrize(
    ("lines", "remark"),
    [
        ("-a -t 192.168.49.134:81 -r 192.168.1.103:80 -m -w 5", ""),
        ("-a -t 192.168.49.134:81 -r 192.168.1.103:80 -m -w 0", "the real server has weight 0"),
        (
            "-a -t 192.168.49.134:81 -r 192.168.1.103:81 -m",
            "the real server is not in the service any more",
        ),
    ],
)
def test_templates_whose_server_gets_no_more_clients_say_why(tmp_path, lines, remark):
    file = tmp_path / "list"
    file.write_text("TCP CB007109 0000 C0A83186 0051 C0A80167 0050 ASSURED 9\n")
    table = parse(f"-A -t 192.168.49.134:81 -s rr -p 9\n{lines}\n")
    (row,) = rows(path=file, table=table)
    assert row["remark"] == remark


def test_a_template_that_the_kernel_gave_up_says_so():
    given_up = [row for row in rows() if row["server"]["port"] == 65535]
    assert [row["remark"] for row in given_up] == [
        "given up by the kernel: its real server was not usable"
    ]


def seconds(found, part="connections"):
    return [row["seconds"] for row in found[part]["rows"]]


def test_sorted_by_time_left():
    found = find(sort="expires")
    assert seconds(found) == sorted(seconds(find()))
    assert seconds(found, "templates") == sorted(seconds(find(), "templates"))


@pytest.mark.parametrize("part", ["connections", "templates"])
def test_the_first_of_a_sort_are_those_of_the_whole_sort(part):
    for sort in ("expires", "client", "server", "state"):
        for reverse in (False, True):
            whole = find(sort=sort, reverse=reverse)[part]["rows"]
            assert find(sort=sort, reverse=reverse, limit=5)[part]["rows"] == whole[:5]
            assert whole == find(sort=sort, reverse=not reverse)[part]["rows"][::-1]


def test_addresses_are_sorted_as_numbers_ipv4_first(tmp_path):
    file = tmp_path / "list"
    wanted = ["9.0.0.1", "10.0.0.2", "192.0.2.1", "2001:db8::9", "2001:db8::10"]
    raw = ["C0000201", "0A000002", "09000001"]
    raw += [f"2001:0db8:0000:0000:0000:0000:0000:{last}" for last in ("0010", "0009")]
    file.write_text("".join(f"TCP {r} 0001 {r} 0050 {r} 0050 CLOSE 9\n" for r in raw))
    for sort, side_of in (("client", "client"), ("server", "server")):
        found = find(path=file, sort=sort)["connections"]["rows"]
        assert [row[side_of]["address"] for row in found] == wanted


def test_a_limit_cuts_rows_and_says_so_but_counts_all():
    found = find(limit=3)
    for part, matched in (("connections", 34), ("templates", 22)):
        assert len(found[part]["rows"]) == 3
        assert (found[part]["matched"], found[part]["truncated"]) == (matched, True)
    assert find()["connections"]["truncated"] is False


def test_unsorted_rows_come_as_the_kernel_lists_them():
    states = [line.split()[7].decode() for line in LINES]
    found = find()
    listed = [row["state"] for row in found["connections"]["rows"]]
    assert listed == [state for state in states if state not in ("NONE", "ASSURED")]


def test_lines_that_are_none_are_counted(tmp_path):
    file = tmp_path / "list"
    file.write_bytes(b"\x1b[2Jodd\n" + LINES[0])
    found = find(path=file)
    assert (found["read"], found["unreadable"], found["example"]) == (2, 1, r"\x1b[2Jodd")


def test_a_summary_counts_by_service_server_and_state():
    found = summary(service="tcp 192.168.49.134:80")
    assert found["connections"] == {
        "total": 3,
        "states": {"ESTABLISHED": 3},
        "services": [
            {
                "service": "tcp 192.168.49.134:80",
                "in_table": True,
                "total": 3,
                "states": {"ESTABLISHED": 3},
            }
        ],
        "more_services": 0,
        "servers": [
            {
                "service": "tcp 192.168.49.134:80",
                "server": f"192.168.1.{server}:80",
                "total": total,
                "states": {"ESTABLISHED": total},
            }
            for server, total in ((104, 2), (103, 1))
        ],
        "more_servers": 0,
        "others": 0,
    }
    assert found["templates"]["states"] == {"ASSURED": 2}


def test_a_summary_says_which_services_are_not_in_the_table():
    found = summary(kind="connections")
    unknown = {s["service"] for s in found["connections"]["services"] if not s["in_table"]}
    # Of a firewall mark the kernel's list names no more than where its clients went.
    assert unknown == {
        "tcp 192.168.49.134:8080",
        "udp 192.168.49.134:8080",
        "tcp [fd00:49::134]:8080",
    }


def test_a_service_on_every_port_gets_the_connections_of_all():
    found = summary(service="192.168.49.200")
    for part in ("connections", "templates"):
        assert [s["service"] for s in found[part]["services"]] == ["tcp 192.168.49.200:0"]


def test_a_summarys_numbers_add_up():
    found = summary()
    for part, total in (("connections", 34), ("templates", 22)):
        counted = found[part]
        assert counted["total"] == sum(counted["states"].values()) == total
        for entries in (counted["services"], counted["servers"]):
            assert sum(entry["total"] for entry in entries) == total
            totals = [entry["total"] for entry in entries]
            assert totals == sorted(totals, reverse=True)


def test_a_summarys_lists_are_cut_and_say_by_how_much():
    found, whole = summary(limit=2)["connections"], summary()["connections"]
    assert found["services"] == whole["services"][:2]
    assert found["more_services"] == len(whole["services"]) - 2
    assert found["more_servers"] == len(whole["servers"]) - 2
    assert found["total"] == whole["total"]


def test_too_many_kinds_count_together():
    tally = Tally(Services(make_table([])), most=2)
    (fields,) = read_fields([b"".join(LINES)], Count())
    tally.take(fields)
    parts = tally.document(500)
    assert sum(len(parts[name]["servers"]) for name in parts) <= 2
    assert {name: parts[name]["total"] for name in parts} == {"connections": 34, "templates": 22}
    assert parts["connections"]["others"] + parts["templates"]["others"] == 50


def test_clients_of_the_captured_list_are_all_there():
    clients = {side(row["client"]) for row in rows(kind="connections")}
    assert "203.0.113.9:4000" in clients
    assert len(clients) == 34
