"""The report as people and programs see it."""

import json

from lvs.doctor.finding import Finding
from lvs.doctor.judge import judge
from lvs.doctor.render import render_advice, render_findings, to_document
from lvs.doctor.servers import advise
from tests.lvs.doctor.hosts import HEALTHY, server, table, with_sysctl

NAT = table()
BROKEN = with_sysctl("0", "net/ipv4/ip_forward", "net/ipv4/vs/run_estimation")


def test_worst_first_with_why_and_mend():
    text = render_findings(BROKEN, "1 service", judge(BROKEN, NAT))
    assert text.splitlines()[:9] == [
        "director (Linux 6.1.176) is NOT fit to be a director for 1 service: 1 wrong, 1 warning, 12 ok.",
        "",
        "WRONG",
        "  forwarding  net.ipv4.ip_forward  Packets are not forwarded",
        "                                   Replies of masqueraded real servers pass this host on "
        "their way to clients:",
        "                                   none gets through.",
        "                                   mend: sysctl -w net.ipv4.ip_forward=1",
        "",
        "WARNING",
    ]
    assert text.index("WARNING") < text.index("OK\n")


def test_warnings_leave_it_fit():
    host = with_sysctl("0", "net/ipv4/vs/run_estimation")
    assert " is fit to be " in render_findings(host, "1 service", judge(host, NAT))


def test_without_a_mend_no_word_about_keeping_it():
    assert "until the next restart" not in render_findings(HEALTHY, "it", judge(HEALTHY, NAT))
    assert "until the next restart" in render_findings(BROKEN, "it", judge(BROKEN, NAT))


def test_of_a_thousand_alike_a_few_are_shown():
    alike = [
        Finding("wrong", "route.missing", f"10.0.{i}.1", "No route", "Because.") for i in range(99)
    ]
    text = render_findings(HEALTHY, "it", alike)
    assert text.count("No route") == 5
    assert "… and 94 more like it (route.missing): --format json shows all" in text


def test_the_document_holds_everything():
    document = to_document(BROKEN, judge(BROKEN, NAT), advise(BROKEN, NAT))
    assert json.loads(json.dumps(document)) == document
    assert document["fit"] is False
    assert document["counts"] == {"wrong": 1, "warning": 1, "unknown": 0, "ok": 12}
    assert {
        "level": "wrong",
        "code": "forwarding.switch",
        "subject": "net.ipv4.ip_forward",
        "title": "Packets are not forwarded",
        "why": "Replies of masqueraded real servers pass this host on their way to clients: none gets "
        "through.",
        "mend": "sysctl -w net.ipv4.ip_forward=1",
    } in document["findings"]
    assert document["real_servers"][0]["commands"] == ["ip route replace default via 192.168.1.105"]


def test_advice_names_server_way_commands_and_notes():
    text = render_advice(advise(HEALTHY, table(server(forwarding="direct"))))
    assert text.startswith(
        "ON THE REAL SERVERS, as root\n\n  192.168.1.103: direct\n    dev=$(ip -o"
    )
    assert "\n    # Its default route must not lead to the director" in text
