"""Naming a service on the command line."""

import pytest
from hypothesis import given

from lvs.cli_service import parse_key
from tests.lvs.strategies import services
from tests.lvs.test_cli import run


@given(services())
def test_a_service_is_found_by_the_name_that_it_is_shown_by(service):
    assert parse_key(str(service.key)) == service.key


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("  tcp   192.168.49.134:80 ", "tcp 192.168.49.134:80"),
        ("udp [2001:DB8:0::1]:53", "udp [2001:db8::1]:53"),
        ("sctp 10.0.0.1:0", "sctp 10.0.0.1:0"),
        ("fwmark 007", "fwmark 7"),
        ("fwmark 4294967295 ipv6", "fwmark 4294967295 ipv6"),
    ],
)
def test_it_may_be_written_in_other_ways(written, name):
    assert str(parse_key(written)) == name


WRONG = [
    ("", "names no service"),
    ("192.168.49.134:80", "names no service: write tcp 192.0.2.1:80"),
    ("tcp 192.168.49.134", "names no service"),
    ("icmp 192.168.49.134:80", "names no service"),
    ("tcp 2001:db8::1:80", "names no service"),
    ("tcp 192.168.49.134:-1", "names no service"),
    ("tcp 192.168.49.134:٨٠", "names no service"),
    ("tcp 192.168.49.134:65536", "a port is from 0 to 65535, not 65536"),
    ("tcp 192.168.49.1340:80", "“192.168.49.1340” is no IPv4 address"),
    ("tcp www:80", "“www” is no IPv4 address"),
    ("tcp [192.168.49.134]:80", "“192.168.49.134” is no IPv6 address"),
    ("fwmark 0", "from 1 to 4294967295, not 0"),
    ("fwmark 4294967296", "not 4294967296"),
    ("fwmark x", "names no service"),
    ("fwmark 1 ipv4", "names no service"),
    ("\x1b[31m", "“\\x1b[31m”"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_what_names_no_service_is_told_with_what_would(text, message):
    with pytest.raises(ValueError) as caught:
        parse_key(text)
    assert message in str(caught.value)


@pytest.mark.parametrize("command", ["zero", "show"])
def test_a_wrong_name_is_bad_input_and_asks_no_kernel(capsys, command):
    code, output, error = run(capsys, command, "--service", "tcp", "nowhere")
    assert (code, output) == (2, "")
    assert error.startswith("lvs: “tcp nowhere” names no service: write tcp ")


@pytest.mark.parametrize("command", ["zero", "show"])
def test_an_empty_name_does_not_mean_all(capsys, command):
    code, _, error = run(capsys, command, "--service", "")
    assert (code, error.split(":")[1]) == (2, " “” names no service")


@pytest.mark.parametrize("command", ["zero", "show"])
def test_two_services_are_a_usage_error(capsys, command):
    named = ("--service", "fwmark 1", "--service", "fwmark 2")
    code, _, error = run(capsys, command, *named)
    assert code == 2
    assert error.endswith("argument --service: it is given twice, and only one can be meant\n")
