"""Plain lines of `ipvsadm -Sn` are read by one pattern, and mean what all others mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvs.formats import ipvsadm_save, render
from lvs.formats.errors import FormatError
from lvs.formats.ipvsadm_plain import plain_server, plain_service
from lvs.formats.ipvsadm_save import read_save
from tests.lvs.random_tables import random_table

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
        patch.setattr(ipvsadm_save, "plain_server", lambda line: None)
        patch.setattr(ipvsadm_save, "plain_service", lambda line: None)
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


@pytest.mark.parametrize("seed", range(5))
def test_large_tables_mean_the_same_either_way(seed):
    text = render(random_table(seed, 50, 10), "ipvsadm")
    assert outcome(text) == outcome_of_the_plain_way(text)


def test_plain_lines_are_told_from_all_others():
    assert plain_service(SERVICE) is not None
    assert plain_server(SERVER) is not None
    others = [SERVICE + " -p 60", SERVER + " -x 9", SERVER + "\r", "ipvsadm " + SERVER, ""]
    assert not any(plain_service(line) or plain_server(line) for line in others)
