"""JSON and YAML as people write them."""

import json

import pytest

from lvs.canonical_form import make_table
from lvs.counters import (
    Counters,
    Rates,
    ServerCounters,
    ServerRates,
    ServiceCounters,
    ServiceRates,
)
from lvs.documents import table_to_document
from lvs.formats import FormatError, parse, render
from lvs.formats.document import render_document
from lvs.model import EMPTY, RealServer, VirtualService
from tests.lvs.examples import TUTORIAL, WEB, marked, table_of

SHORT = """\
services:
  - address: 192.168.49.134
    port: 80
    scheduler: rr
    real_servers:
      - address: 192.168.1.103
      - address: 192.168.1.104
"""


def test_what_is_left_out_has_its_default():
    assert parse(SHORT) == TUTORIAL


def test_every_setting_can_be_written():
    text = """
# a comment
services:
  - protocol: udp
    address: "fd00::1"
    port: 5060
    scheduler: mh
    flags: [mh-port]
    one_packet: true
    persistence: {timeout: 300, netmask: 64, engine: sip}
    real_servers:
      - {address: "fd00::2", port: 5060, forwarding: tunnel, weight: 0x10,
         upper_threshold: 10, lower_threshold: 5,
         tunnel: {type: gue, port: 6080, checksum: csum}}
  - fwmark: 7
    family: inet6
    persistence: 60
"""
    server = RealServer("fd00::2", 5060, "tunnel", 16, 10, 5, "gue", 6080, "csum")
    assert parse(text) == make_table(
        [
            VirtualService(
                *("inet6", "udp", "fd00::1", 5060, 0, "mh", ("mh-port",)),
                *(300, "64", "sip", True, (server,)),
            ),
            marked(7, "inet6", persistence=60, netmask="128"),
        ]
    )


def test_json_may_be_on_one_line():
    assert parse(json.dumps(table_to_document(TUTORIAL))) == TUTORIAL


def test_yaml_is_one_line_a_real_server():
    assert render(TUTORIAL, "yaml") == (
        "services:\n"
        "  - protocol: tcp\n"
        "    address: 192.168.49.134\n"
        "    port: 80\n"
        "    scheduler: rr\n"
        "    flags: []\n"
        "    one_packet: false\n"
        "    persistence: null\n"
        "    real_servers:\n"
        "      - {address: 192.168.1.103, port: 80, forwarding: masquerade, weight: 1, "
        "upper_threshold: 0, lower_threshold: 0}\n"
        "      - {address: 192.168.1.104, port: 80, forwarding: masquerade, weight: 1, "
        "upper_threshold: 0, lower_threshold: 0}\n"
    )


def test_words_that_yaml_would_take_for_something_else_are_quoted():
    text = render(table_of(WEB._replace(scheduler="no", real_servers=())), "yaml")
    assert 'scheduler: "no"' in text


COUNTERS = [
    ServiceCounters(
        WEB.key,
        Counters(2, 30, 20, 4000, 5000),
        (ServerCounters("192.168.1.103", 80, 1, 1, 2, 0, Counters(1, 15, 10, 2000, 2500)),),
    )
]

RATES = [
    ServiceRates(
        WEB.key,
        Rates(3, 40, 30, 500, 600),
        (ServerRates("192.168.1.103", 80, Rates(2, 20, 15, 700, 750)),),
    )
]


@pytest.mark.parametrize("style", ["json", "yaml"])
def test_counters_and_rates_are_written_and_ignored_when_read(style):
    text = render_document(TUTORIAL, style, COUNTERS, RATES)
    assert "2500" in text
    assert "750" in text
    assert parse(text) == TUTORIAL


def described(**measured):
    (service,) = json.loads(render_document(TUTORIAL, "json", **measured))["services"]
    return service, service["real_servers"]


def test_counters_stand_beside_what_they_were_counted_for():
    service, (first, second) = described(counters=COUNTERS)
    totals = {"in_packets": 30, "out_packets": 20, "in_bytes": 4000, "out_bytes": 5000}
    assert service["counters"] == {"connections": 2, **totals}
    assert first["counters"].items() >= {"active": 1, "inactive": 2, "in_bytes": 2000}.items()
    assert "counters" not in second


def test_without_totals_there_are_the_connections_of_real_servers_alone():
    service, (first, _) = described(counters=COUNTERS, totals=False)
    assert "counters" not in service
    assert first["counters"] == {"active": 1, "inactive": 2, "persistent": 0}


def test_rates_stand_beside_what_they_are_estimated_for():
    service, (first, second) = described(rates=RATES)
    assert service["rates"]["connections"] == 3
    assert first["rates"]["out_bytes"] == 750
    assert "rates" not in second


def yaml(service: str) -> str:
    return f"services:\n  - address: 10.0.0.1\n    port: 80\n{service}"


SERVER = "    real_servers:\n      - address: 10.0.0.2\n"
WRONG = [
    ("[]", 1, "a table begins with “services”, not a list"),
    ("hello", 1, "a table begins with “services”, not the text “hello”"),
    ("{}", 1, "“services” is missing"),
    ("service: []", 1, "“service” is unknown here. Did you mean “services”?"),
    ("services:\n", 1, "“services” is missing"),
    ("services: 5", 1, "“services” must be a list, not “5”"),
    ("services:\n  - 5", 2, "an object belongs here, not “5”"),
    ("services:\n  - port: 80", 2, "“address” is missing"),
    ("services:\n  - address: 10.0.0.1", 2, "“port” is missing"),
    (yaml("    wieght: 3"), 4, "“wieght” is unknown here."),
    (yaml("    schedular: rr"), 4, "“schedular” is unknown here. Did you mean “scheduler”?"),
    (yaml("    family: inet"), 4, "“family” is unknown here."),
    (yaml("    protocol: icmp"), 4, "“protocol” can't be “icmp”. It is one of tcp, udp, sctp."),
    (yaml("    one_packet: yes"), 4, "“one_packet” must be true or false, not the text “yes”"),
    (yaml("    one_packet: 1"), 4, "must be true or false, not “1”"),
    (yaml("    flags: sh-port"), 4, "“flags” must be a list of texts"),
    (yaml("    scheduler: 5"), 4, "“scheduler” must be text, not “5”"),
    (yaml("    scheduler: wr"), 4, "Did you mean “wrr”?"),
    (yaml("    persistence: long"), 4, "“persistence” must be a whole number, not the text"),
    (yaml("    persistence:\n      netmask: 255.255.0.0"), 4, "“timeout” is missing"),
    (yaml("    persistence:\n      timeout: 0"), 5, "must be from 1 s on"),
    (yaml("    persistence:\n      timeout: 9\n      netmask: 1.2.3.4"), 6, "no netmask"),
    (yaml("    persistence:\n      timeout: 9\n      engine: sip"), 6, "works for UDP only"),
    (yaml("    persistence: 9999999"), 4, "from 0 to 2678400"),
    (yaml(SERVER + "        port: '80'"), 6, "must be a whole number, not the text “80”"),
    (yaml(SERVER + "        port: 8.5"), 6, "must be a whole number, not the text “8.5”"),
    (yaml(SERVER + "        port: true"), 6, "must be a whole number, not true"),
    (yaml(SERVER + "        weight: 010"), 6, "must be a whole number, not the text “010”"),
    (yaml(SERVER + "        weight: 99999999999999999999999"), 6, "too large a number"),
    (yaml(SERVER + "        weight: 0xffffffffffffffff"), 6, "far too large a number"),
    (yaml(SERVER + "        weight: -1"), 6, "from 0 to 2147483647, not -1"),
    (yaml(SERVER + "        forwarding: nat"), 6, "“forwarding” can't be “nat”"),
    (yaml(SERVER + "        tunnel: {type: gue}"), 6, "need “forwarding”: “tunnel”"),
    (yaml(SERVER + "        address: 10.0.0.3"), 6, "“address” stands twice"),
    (
        yaml(SERVER + "        forwarding: tunnel\n        tunnel:\n          type: gue"),
        7,
        "The tunnel port of GUE must be from 1",
    ),
    (yaml(SERVER + "      - address: 10.0.0.2"), 6, "stands in this service already"),
    (yaml("  - address: 10.0.0.1\n    port: 80\n"), 4, "stands in the table already"),
    ("services:\n  - fwmark: 0", 2, "from 1 on"),
    ("services:\n  - fwmark: 7\n    port: 80", 3, "“port” is unknown here."),
    (
        "services:\n  - fwmark: 7\n    family: ipv6",
        3,
        "“family” can't be “ipv6”. It is one of inet, inet6.",
    ),
    ("services:\n  - &a {address: 10.0.0.1, port: 80}\n  - *a", 3, "aliases (“*a”)"),
    ("services: !!python/name:os.system []", 1, "tags ("),
    ("services: []\n---\nservices: []", 2, "a second document"),
    ("services:\n\t- x", 2, "this is no YAML"),
    ("services: [", 1, "this is no YAML"),
    ("? [a]\n: b", 1, "can't be a key"),
    ("services: " + "[" * 40, 1, "nested too deeply"),
    ('{"services": [', 1, "this is no JSON"),
    ('{"services": [{"port": -1,\n "weight":\n NaN}]}', 3, "NaN is no number"),
    ('{"services": [{"port": -1,\n "weight": ' + "9" * 21 + "}]}", 2, "too large a number"),
    ('{"services":\n' + "[" * 100_000, 2, "nested too deeply"),
    ("services: []\n\x00\n", 2, "this is no YAML"),
    ('{"services": [],\n "services": []}', 2, "“services” stands twice"),
    ('{"services": [\n{"address": NaN}]}', 2, "NaN is no number"),
    ('{"services": [\n{"address":\n-Infinity}]}', 3, "-Infinity is no number"),
    ('{"services": [\n{"port": 99999999999999999999999999}]}', 2, "too large a number"),
    ('{"services": [\n{"address": "10.0.0.1",\n"port": 80.0}]}', 3, "must be a whole number"),
    ('{"services": [\n{"address": "10.0.0.1",\n"port": 0}]}', 3, "Port 0 (every port)"),
    ('{"services": [{"": 1, "port":\n{}, "a": []}]}', 1, "“” is unknown here."),
]


@pytest.mark.parametrize(("text", "line", "message"), WRONG)
def test_an_error_has_its_line_and_says_what_is_wrong(text, line, message):
    with pytest.raises(FormatError) as caught:
        parse(text)
    assert (caught.value.line, message in caught.value.message) == (line, True), caught.value


@pytest.mark.parametrize(
    "text", ["[" * 200_000, '{"a":' * 200_000, "- " * 200_000, "{a: " * 200_000]
)
def test_endless_nesting_is_an_error_and_no_crash(text):
    with pytest.raises(FormatError):
        parse(text)


def test_lines_are_found_behind_strings_that_look_like_structure():
    text = '{"services": [{"address": "10.0.0.1", "scheduler": "}]{[\\",:",\n"port": 0}]}'
    with pytest.raises(FormatError, match=r"^line 1: “}"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["{services: []}", '# none yet\n{"services": []}', "{services: [], }"]
)
def test_yaml_that_begins_as_json_is_yaml(text):
    assert parse(text) == EMPTY
