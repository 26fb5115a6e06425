"""What holds for every format."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lvs.canonical_form import make_table
from lvs.formats import MAX_LENGTH, FormatError, detect, parse, parse_with_warnings, render
from lvs.model import EMPTY, Table
from tests.lvs.examples import TUTORIAL, WEB
from tests.lvs.strategies import tables
from tests.lvs.work import steps_of


@given(tables(), st.sampled_from(["json", "yaml"]))
def test_documents_lead_back(table, style):
    assert parse(render(table, style)) == table


@given(tables(min_services=1))
def test_ipvsadm_lines_lead_back_thresholds_included(table):
    assert parse(render(table, "ipvsadm")) == table


@given(tables(), st.sampled_from(["json", "yaml", "ipvsadm", "text"]))
def test_rendering_is_stable_and_ends_its_last_line(table, style):
    text = render(table, style)
    assert text == render(table, style)
    assert text == "" or text.endswith("\n")


SEEDS = [render(TUTORIAL, style) for style in ("json", "yaml", "ipvsadm")]
characters = st.text(
    st.one_of(st.characters(), st.sampled_from("{}[]:,-\"'\\#&*!|>%@` \n\t0189aAtrw.")), max_size=60
)


@settings(max_examples=300)
@given(characters)
@example("\0")
@example("\ud800")
@example("- \ud800")
@example("%YAML 9.9\n---\n")
@example("? [a, b]\n: c")
@example("services: !!python/object/apply:os.system ['true']")
def test_no_text_breaks_the_parser(text):
    read(text)


@settings(max_examples=300)
@given(st.sampled_from(SEEDS), st.data())
def test_no_damage_to_a_valid_text_breaks_the_parser(seed, data):
    at = data.draw(st.integers(0, len(seed)))
    until = data.draw(st.integers(at, min(len(seed), at + 9)))
    read(seed[:at] + data.draw(characters) + seed[until:])


def read(text: str) -> Table | None:
    """A table, or an error that says something in one line."""
    try:
        return parse(text)
    except FormatError as error:
        assert error.message
        assert error.line is None or 1 <= error.line <= len(text.splitlines()) + 1
        assert len(error.message) < 600
        return None


@pytest.mark.parametrize("text", ["", "\n \n", "# nothing\n", "\ufeff"])
def test_nothing_at_all_is_not_taken_for_no_services(text):
    with pytest.raises(FormatError, match=r"the input is empty; .* write: services: \[\]"):
        parse(text)


@pytest.mark.parametrize("text", ["services: []", '{"services": []}', "\ufeffservices: []\n"])
def test_no_services_can_be_said(text):
    assert parse(text) == EMPTY


def test_a_listing_is_not_taken_for_a_table():
    text = "IP Virtual Server version 1.2.1 (size=4096)\n" + render(TUTORIAL, "text")
    with pytest.raises(FormatError, match="ipvsadm -Sn") as caught:
        parse(text)
    assert caught.value.line == 1


@pytest.mark.parametrize(
    ("start", "found"),
    [
        ("-A -t 10.0.0.1:80", "ipvsadm"),
        ("ipvsadm -A -t 10.0.0.1:80", "ipvsadm"),
        ("! comment", "keepalived"),
        ("global_defs {", "keepalived"),
        ("virtual_server 10.0.0.1 80 {", "keepalived"),
        ("virtual_server ::5 80 {", "keepalived"),
        ("include conf.d/*.conf", "keepalived"),
        ("$VIP=10.0.0.1", "keepalived"),
        ("~SEQ(n, 1, 3) virtual_server 10.0.0.${n} 80 {", "keepalived"),
        ("@main global_defs {", "keepalived"),
        ("checktimeout=3", "ldirectord"),
        ("virtual = 10.0.0.1:80", "ldirectord"),
        ("virtual6=[fd00::1]:80", "ldirectord"),
        ('{"services": []}', "json"),
        ("services: []", "yaml"),
        ("virtual_server: 3", "yaml"),
        ("anything", "yaml"),
    ],
)
def test_a_format_is_told_by_its_first_line(start, found):
    assert detect(f"# comment\n\n  {start}\n") == found


def test_an_endless_input_is_refused_before_it_is_read():
    with pytest.raises(FormatError, match="longer than"):
        parse(" " * (MAX_LENGTH + 1))


def test_warnings_come_with_their_lines():
    text = (
        "-A -t 192.0.2.1:80 -s rr\n-A -t 192.0.2.2:80 -s rr\n-a -t 192.0.2.1:80 -r 192.0.2.9 -m\n"
    )
    table, warnings = parse_with_warnings(text)
    assert len(table.services) == 2
    assert warnings == [
        "line 2: The service has no real servers: new connections to it are refused."
    ]


def test_what_is_not_carried_comes_before_the_warnings():
    text = "virtual_server 10.0.0.1 80 {\n  quorum 2\n  real_server 10.0.0.2 80 {\n  }\n}\n"
    assert parse_with_warnings(text)[1] == [
        "line 2: not carried: “quorum 2”: what keepalived does when too few real servers are up",
        "line 1: no protocol is given, and keepalived takes UDP then",
    ]


@pytest.mark.parametrize("style", ["json", "yaml", "ipvsadm"])
def test_work_grows_with_the_input_also_when_every_line_is_worth_a_warning(style):
    def work(services):
        table = make_table(
            WEB._replace(address=f"10.{i // 250}.{i % 250}.1", real_servers=())
            for i in range(services)
        )
        text = render(table, style)
        found, warnings = parse_with_warnings(text)
        assert (found, len(warnings)) == (table, services)
        return steps_of(lambda: parse_with_warnings(text))

    assert work(1000) < 12 * work(100)


def test_of_several_errors_the_first_is_told_and_the_rest_counted():
    text = "-A -t 192.0.2.1:0 -s rr\n-A -t 192.0.2.2:80 -s xx\n"
    with pytest.raises(FormatError, match=r"^line 1: Port 0 .* \(1 more after this one\)$"):
        parse(text)


def test_an_unknown_format_is_a_programming_error():
    with pytest.raises(ValueError, match="no format"):
        render(TUTORIAL, "xml")
