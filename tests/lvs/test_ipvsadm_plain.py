"""Plain lines of `ipvsadm -Sn` are read by one pattern, and mean what all others mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvs.canonical_form import make_table
from lvs.formats import ipvsadm_save, render
from lvs.formats.errors import FormatError
from lvs.formats.ipvsadm_plain import plain_block, plain_server, plain_servers, plain_service
from lvs.formats.ipvsadm_save import read_save
from lvs.model import RealServer
from tests.lvs.examples import WEB, marked
from tests.lvs.random_tables import random_table
from tests.lvs.work import steps_of

SERVICE = "-A -t 10.0.0.1:80 -s wrr"
SERVER = "-a -t 10.0.0.1:80 -r 10.1.0.1:8080 -m -w 3"


def outcome(text):
    """What reading gives: the services with the lines of all, or the error."""
    try:
        draft = read_save(text)
    except FormatError as error:
        return str(error)
    services = draft.table.services
    return services, [
        [draft.line_of(("services", n)), *_lines(draft, n, service)]
        for n, service in enumerate(services)
    ]


def _lines(draft, n, service):
    return [
        draft.line_of(("services", n, "real_servers", m)) for m in range(len(service.real_servers))
    ]


def outcome_of_the_plain_way(text):
    with pytest.MonkeyPatch.context() as patch:
        for name in ("plain_block", "plain_server", "plain_servers", "plain_service"):
            patch.setattr(ipvsadm_save, name, lambda lines: None)
        return outcome(text)


addresses = st.sampled_from(
    [
        "10.0.0.1",
        "10.0.0.2",
        "010.0.0.1",
        "10.0.0.256",
        "[fd00::1]",
        "[FD00::1]",
        "[fd00:0::1]",
        "[10.0.0.1]",
        "fd00::1",
        "x",
    ]
)
endpoints = st.tuples(addresses, st.sampled_from([":80", ":00080", ":99999", ":", ":٣", ""])).map(
    "".join
)
of_service = st.tuples(st.sampled_from(["-t ", "-u ", "-f ", "--sctp-service "]), endpoints).map(
    "".join
)
lines = st.one_of(
    st.sampled_from(
        [SERVICE, SERVER, SERVER + " -x 9", SERVICE + " -p 60", "", "# text", "-A -f 1"]
    ),
    st.tuples(
        st.just("-A "), of_service, st.sampled_from([" -s wrr", " -s  wrr", " -s", " -s rr -o"])
    ).map("".join),
    st.tuples(
        st.just("-a "),
        of_service,
        st.just(" -r "),
        endpoints,
        st.sampled_from([" -m", " -g", " -i", " -m -g", ""]),
        st.sampled_from(
            [" -w 1", " -w 01", " -w -1", " -w 9999999999999999999", " -w ٣", " -w 1 "]
        ),
    ).map("".join),
)


@given(st.lists(lines, max_size=8).map(lambda found: "\n".join([SERVICE, *found])))
def test_any_lines_mean_the_same_either_way(text):
    assert outcome(text) == outcome_of_the_plain_way(text)


usual_services = st.sampled_from(["-t 10.0.0.1:80", "-u 10.0.0.1:80", "-t [fd00::1]:80", "-f 3"])
usual_ends = st.tuples(
    st.sampled_from(["10.1.0.1:80", "10.1.0.2:8080", "[fd00::2]:80", "[fd00::3]:8080"]),
    st.sampled_from([" -m -w 1", " -g -w 0", " -m -w 1", " -m -w 2147483647"]),
).map("".join)
odd_ends = st.sampled_from(
    [
        "10.1.0.1:80 -m -w 1 -x 9",
        "10.1.0.1:80 -m -w 1:10.1.0.2",
        "80 -m -w 1",
        "10.1.0.1:80 -m -w 1\r",
        " 10.1.0.1 :80 -m -w 1",
        "010.1.0.1:80 -m -w 1",
        "10.1.0.1",
        "10.1.0.1:99999999 -m -w 1",
        "10.1.0.1:80 -m -w 1\n",
        "10.1.0.1:80 -m -w 1\n# text",
        "10.1.0.1:80 -m -w 1\n  -A -t 10.0.0.9:80",
    ]
)


@st.composite
def blocks(draw):
    """A service and its real servers as -Sn prints them, now and then with something odd."""
    named = draw(usual_services)
    ends = draw(st.lists(usual_ends, max_size=4))
    if draw(st.sampled_from([False, False, True])):
        ends.insert(draw(st.integers(0, len(ends))), draw(odd_ends))
    another = draw(st.sampled_from([named, named, named, draw(usual_services)]))
    first = f"-A {named} -s wrr" + draw(st.sampled_from(["", "", " -p 60", " -b", "\r"]))
    servers = [f"-a {named} -r {end}" for end in ends]
    if servers:
        servers[-1] = servers[-1].replace(named, another)
    return draw(st.permutations([first, *servers[:1]])) + servers[1:]


texts = st.lists(blocks(), max_size=4).map(
    lambda found: "".join(f"{line}\n" for lines in found for line in lines)
)


@given(texts)
def test_blocks_of_lines_mean_the_same_either_way(text):
    assert outcome(text) == outcome_of_the_plain_way(text)


@given(texts, st.integers(0, 400))
def test_a_text_cut_anywhere_means_the_same_either_way(text, length):
    assert outcome(text[:length]) == outcome_of_the_plain_way(text[:length])


@given(texts)
def test_lines_that_end_as_on_windows_mean_the_same_either_way(text):
    text = text.replace("\n", "\r\n")
    assert outcome(text) == outcome_of_the_plain_way(text)


def test_a_doubled_service_written_otherwise_gives_its_real_servers_to_the_first():
    again, server = SERVICE.replace(":80", ":00080"), SERVER.replace("1:80 ", "1:00080 ")
    services, lines_of = outcome("\n".join([SERVICE, again, server]))
    assert [len(service.real_servers) for service in services] == [1, 0]
    assert lines_of == [[1, 3], [2]]


def test_an_error_after_a_plain_block_has_its_line():
    assert outcome(f"{SERVICE}\n{SERVER}\n{SERVER} -z\n").startswith("line 3: ")
    assert outcome(f"{SERVICE}\n{SERVER}\n\n{SERVER}\n-A -f 0\n").startswith("line 5: ")


@pytest.mark.parametrize("seed", range(5))
def test_large_tables_mean_the_same_either_way(seed):
    text = render(random_table(seed, 50, 10), "ipvsadm")
    assert outcome(text) == outcome_of_the_plain_way(text)


def test_plain_lines_are_told_from_all_others():
    assert plain_service(SERVICE) is not None
    assert plain_server(SERVER) is not None
    others = [SERVICE + " -p 60", SERVER + " -x 9", SERVER + "\r", "ipvsadm " + SERVER, ""]
    assert not any(plain_service(line) or plain_server(line) for line in others)


def test_plain_blocks_are_told_from_all_others():
    block = f"{SERVICE}\n{SERVER}\n{SERVER}"
    name, service, servers = plain_block(block)
    assert (name, service) == plain_service(SERVICE)
    assert [(name, server) for server in servers] == [plain_server(SERVER)] * 2
    assert plain_servers(f"{SERVER}\n{SERVER}") == (name, servers)
    others = [
        SERVICE,
        f"{block} -x 9",
        f"{block}\n",
        f"{block}\n#",
        block.replace(":80 -s", ":81 -s"),
    ]
    assert not any(plain_block(lines) for lines in others)


def test_a_line_with_two_real_servers_is_none():
    assert plain_servers(f"{SERVER}:10.1.0.2:80 -m -w 1") is None


def test_two_lines_that_only_together_make_two_real_servers_are_none():
    first, second = f"{SERVER}:10.1.0.2", "-a -t 10.0.0.1:80 -r 80 -m -w 1"
    assert plain_servers(f"{first}\n{second}") is None


def test_what_a_large_table_is_printed_as_is_read_as_blocks(monkeypatch):
    monkeypatch.setattr(
        ipvsadm_save, "plain_server", lambda line: pytest.fail(f"{line} was read by itself")
    )
    for service in (WEB, WEB._replace(persistence=300), marked(7)):
        for net in ("10.1.0.", "fd00::"):
            servers = tuple(RealServer(f"{net}{n}", 80, weight=n) for n in range(1, 250))
            table = make_table([service._replace(real_servers=servers)])
            found = read_save(render(table, "ipvsadm")).table
            assert make_table(found.services) == table


def test_the_work_of_reading_grows_with_the_real_servers_of_a_service():
    def work(count, last):
        lines = [f"-a -t 10.0.0.1:80 -r 10.1.{n >> 8}.{n & 255}:80 -m -w 1" for n in range(count)]
        text = "\n".join([SERVICE, *lines, last])
        read_save(text)  # so that all addresses are known the second time
        return steps_of(lambda: read_save(text))

    assert work(5000, "") < 12 * work(500, "")
    assert work(5000, f"{SERVER} -x 9") < 12 * work(500, f"{SERVER} -x 9")
