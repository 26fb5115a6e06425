"""`python -m lvs show` with a kernel of our own making; a real one stands in tests/lab/test_cli_show.py."""

import json

import pytest

from lvs.canonical_form import make_table
from lvs.counters import Rates, ServiceRates
from lvs.formats import parse
from lvs.formats.listing import render_listing
from lvs.model import EMPTY
from lvs.netlink.kernel import KernelInfo
from lvs.settings import Timeouts
from tests.lvs.examples import WEB, marked
from tests.lvs.test_cli import run
from tests.lvs.test_listing import counted

TABLE = make_table([WEB, marked(7, "inet6")], Timeouts(tcp=600))
SERVICES = EMPTY._replace(services=TABLE.services)
COUNTERS = counted(TABLE, (4, 5, 6))
RATES = [ServiceRates(WEB.key, Rates(3, 40, 30, 500, 600), ())]
VERSION = "IP Virtual Server version 1.2.1 (size=4096)\n"


class Kernel:
    """Holds TABLE; says what else was asked of it."""

    def __init__(self):
        self.asked = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def read_table(self, sysctls=None):
        return TABLE

    def read_counters(self):
        self.asked.append("counters")
        return COUNTERS

    def read_rates(self):
        self.asked.append("rates")
        return RATES

    def info(self):
        return KernelInfo("1.2.1", 4096)


@pytest.fixture
def kernel(monkeypatch):
    made = Kernel()
    monkeypatch.setattr("lvs.netlink.kernel.Kernel", lambda: made)
    return made


@pytest.fixture
def show(kernel, capsys):
    return lambda *options: run(capsys, "show", *options)


@pytest.mark.parametrize("view", ["stats", "thresholds", "persistent-conn", "tun-info"])
def test_each_option_has_its_columns(show, view):
    listed = render_listing(SERVICES, COUNTERS, view=view)
    assert show(f"--{view}") == (0, VERSION + listed, "")


def test_rates_are_listed_without_a_look_at_the_counters(show, kernel):
    listed = render_listing(SERVICES, rates=RATES, view="rate")
    assert show("--rate") == (0, VERSION + listed, "")
    assert kernel.asked == ["rates"]


@pytest.mark.parametrize("options", [(), ("--thresholds",), ("--tun-info",)])
def test_a_document_without_measurements_asks_for_none(show, kernel, options):
    assert show("--format", "json", *options)[0] == 0
    assert kernel.asked == []


def test_one_service_is_shown_alone_and_without_a_version_as_ipvsadm_does(show):
    listed = render_listing(make_table([marked(7, "inet6")]), COUNTERS)
    assert show("--service", "fwmark", "7", "ipv6") == (0, listed, "")


@pytest.mark.parametrize("style", ["json", "yaml", "ipvsadm"])
def test_one_service_in_another_format_is_a_table_of_one(show, style):
    code, output, _ = show("--service", str(WEB.key), "--format", style)
    assert (code, parse(output)) == (0, make_table([WEB]))


def test_a_service_that_is_not_there_is_one_line(show):
    said = "lvs: There is no service fwmark 7 in the kernel.\n"
    assert show("--service", "fwmark 7") == (1, "", said)


def document(show, *options):
    code, output, error = show("--format", "json", *options)
    assert (code, error) == (0, "")
    web = json.loads(output)["services"][0]
    return web, web["real_servers"][0]


def test_a_document_has_room_for_counters_and_rates_at_once(show):
    web, server = document(show, "--stats", "--rate")
    assert web["rates"]["connections"] == 3
    assert server["counters"].keys() >= {"active", "in_packets"}


def test_a_document_with_persistent_connections_has_no_totals(show):
    web, server = document(show, "--persistent-conn")
    assert "counters" not in web
    assert server["counters"] == {"active": 4, "inactive": 5, "persistent": 6}


BAD = [
    (
        ("--stats", "--rate"),
        "--stats and --rate fill the same columns: ask for one of them, or for --format json or yaml",
    ),
    (
        ("--tun-info", "--thresholds", "--rate"),
        "--rate, --thresholds and --tun-info fill the same columns: ask for one of them, or for "
        "--format json or yaml",
    ),
    *(
        (
            ("--format", "ipvsadm", option),
            f"{option} goes with --format text, json or yaml: ipvsadm's has none",
        )
        for option in ("--stats", "--rate", "--persistent-conn")
    ),
    (
        ("--settings", "--service", "fwmark 7"),
        "--settings are the whole director's, and --service asks for one service: choose one",
    ),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_what_does_not_go_together_is_one_line_and_exit_code_2(show, options, message):
    assert show(*options) == (2, "", f"lvs: {message}\n")
