"""Lines as ipvsadm 1.31 writes and reads them; the expected texts were seen from the program."""

import pytest

from lvs.canonical_form import make_table
from lvs.formats import FormatError, parse, read, render
from lvs.formats.surroundings import Surroundings
from lvs.model import RealServer, VirtualService
from lvs.rules import check_table, errors_in
from lvs.settings import SyncDaemon, Timeouts
from tests.lvs.examples import SERVERS, TUTORIAL, WEB, marked, table_of
from tests.lvs.work import steps_of

SEEN = """\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.1:8080 -m -w 3
-a -t 10.0.0.1:80 -r 10.1.0.2:80 -g -w 2147483647
-a -t 10.0.0.1:80 -r 10.1.0.3:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum
-a -t 10.0.0.1:80 -r 10.1.0.4:80 -i -w 1 --tun-type gre --tun-nocsum
-a -t 10.0.0.1:80 -r 10.1.0.5:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum
-a -t 10.0.0.1:80 -r [fd00::5]:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum
-A -t 10.0.0.9:53 -s rr -p 2678400 -M 0.0.0.0
-A -u 10.0.0.1:53 -s mh -p 400 -M 255.255.0.0 --pe sip -o -b mh-fallback,mh-port
-A -u 10.0.0.4:53 -s sh -b sh-port
-A --sctp-service [fd00::1]:99 -s wrr -p 360 -M 64
-a --sctp-service [fd00::1]:99 -r 10.8.8.8:99 -i -w 1 --tun-type ipip
-A -f 7 -s rr
-a -f 7 -r 10.0.1.2:90 -m -w 1
-a -f 7 -r 10.0.1.3:0 -m -w 1
-A -f 8 -6 -s rr -p 360 -M 64
"""


def test_what_ipvsadm_printed_is_read_and_written_again_line_for_line():
    table = parse(SEEN)
    assert errors_in(check_table(table)) == []
    assert render(table, "ipvsadm") == SEEN


def test_thresholds_which_ipvsadm_loses_are_written():
    server = RealServer("192.0.2.9", 80, "masquerade", 1, 10, 5)
    text = render(table_of(WEB._replace(real_servers=(server,))), "ipvsadm")
    assert text.endswith("-a -t 192.168.49.134:80 -r 192.0.2.9:80 -m -w 1 -x 10 -y 5\n")


def test_marks_that_ipvsadm_prints_as_negative_numbers_are_read():
    assert parse("-A -f -1 -s rr\n-A -f -1294967296 -6 -s rr\n") == make_table(
        [
            marked(2**32 - 1, scheduler="rr"),
            marked(3_000_000_000, "inet6", scheduler="rr", netmask="128"),
        ]
    )


def test_what_a_line_leaves_out_means_what_ipvsadm_makes_of_it():
    assert parse("-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 10.0.0.2\n-A -t fd00::1 -p -s rr") == (
        make_table(
            [
                VirtualService(
                    *("inet", "tcp", "10.0.0.1", 80, 0),
                    scheduler="wlc",
                    real_servers=(RealServer("10.0.0.2", 80, "direct", 1),),
                ),
                VirtualService(
                    *("inet6", "tcp", "fd00::1", 0, 0, "rr"), persistence=360, netmask="128"
                ),
            ]
        )
    )


SPELLINGS = [
    "-A -t 192.168.49.134:80 -s rr",
    "ipvsadm -A -t 192.168.49.134:80 -s rr",
    "/sbin/ipvsadm -A -t 192.168.49.134:80 -s rr",
    "  -A\t-t   192.168.49.134:80 -s rr  # the tutorial",
    "-A -t '192.168.49.134:80' -s \"rr\"\r",
    "-A -s rr -t 192.168.49.134:80",
    "-At 192.168.49.134:80 -srr",
    "--add-service --tcp-service 192.168.49.134:80 --scheduler rr",
    "--add-service --tcp-service=192.168.49.134:80 --scheduler=rr",
]


@pytest.mark.parametrize("line", SPELLINGS)
def test_a_service_can_be_spelt_in_every_way_that_ipvsadm_takes(line):
    assert parse(f"# saved\n\n{line}\n") == table_of(WEB._replace(real_servers=()))


@pytest.mark.parametrize("option", ["-p 50", "-p50", "-p=50", "--persistent 50", "--persistent=50"])
def test_persistence_can_be_spelt_in_every_way(option):
    (service,) = parse(f"-A -t 10.0.0.1:80 {option} -s rr").services
    assert (service.persistence, service.scheduler) == (50, "rr")


def test_long_options_of_a_real_server():
    text = (
        "-A -t 192.168.49.134:80 -s rr\n"
        "--add-server --tcp-service 192.168.49.134:80 --real-server 192.0.2.9:81 --masquerading "
        "--weight 5 --u-threshold 9 --l-threshold 3\n"
    )
    (service,) = parse(text).services
    assert service.real_servers == (RealServer("192.0.2.9", 81, "masquerade", 5, 9, 3),)


def test_plain_flags_get_the_names_of_their_scheduler():
    (service,) = parse("-A -u 10.0.0.1:53 -s mh -b flag-2,flag-1").services
    assert service.flags == ("mh-fallback", "mh-port")


def test_services_may_come_in_any_order_before_their_real_servers():
    lines = render(table_of(WEB, marked(7, real_servers=(SERVERS[0],))), "ipvsadm").splitlines()
    services = [line for line in lines if line.startswith("-A")]
    servers = [line for line in lines if line.startswith("-a")]
    assert parse("\n".join([*reversed(services), *reversed(servers)])) == parse("\n".join(lines))


A = "-A -t 10.0.0.1:80 -s rr"
SYNC = "--start-daemon master --mcast-interface eth0"
WRONG = [
    ("-E -t 10.0.0.1:80 -s rr", 1, "describes no table"),
    ("-C", 1, "describes no table"),
    ("--clear", 1, "describes no table"),
    (f"{A}\n-d -t 10.0.0.1:80 -r 10.0.0.2", 2, "describes no table"),
    (f"{A} -q", 1, "“-q” is not an option"),
    (f"{A} --queue", 1, "“--queue” is not an option"),
    (f"{A} --ops=yes", 1, "“--ops=yes” is not an option"),
    (f"{A} now", 1, "“now” is unexpected"),
    (f"{A} -s wrr", 1, "-s stands twice"),
    (f"{A} --scheduler wrr", 1, "-s stands twice"),
    (f"{A}\n-a -t 10.0.0.1:80 -r 10.0.0.2 --tun-type gue", 2, "--tun-type goes with tunnel"),
    (f"{A}\n-a -t 10.0.0.1:80 -r 10.0.0.2 -m --tun-csum", 2, "--tun-csum goes with tunnel"),
    (f"{A} -M", 1, "-M needs an argument"),
    (f"{A} 'x", 1, "quotation mark is never closed"),
    (f"{A} -w 5", 1, "-w is a setting of a real server"),
    (f"{A} -a", 1, "both -A and -a"),
    ("-t 10.0.0.1:80 -s rr", 1, "neither -A nor -a"),
    ("-A -s rr", 1, "names no service"),
    ("-A -t 10.0.0.1:80 -u 10.0.0.1:80", 1, "names two services"),
    ("-A -t www:http -s rr", 1, "“www” is not an IPv4 or IPv6 address: write the number"),
    ("-A -t 10.0.0.1:nosuch -s rr", 1, "“nosuch” is no port number, and no name of a port"),
    ("-A -t [10.0.0.1:80 -s rr", 1, "“[10.0.0.1” is not an IPv4 or IPv6 address"),
    ("--set 1 2", 1, "--set takes three numbers"),
    ("--set 1 2 x", 1, "--set takes a whole number, not “x”"),
    (f"{A}\n--set 0 0 2147484", 2, "The UDP timeout must be from 0 to 2147483"),
    ("-A --set 1 2 3", 1, "“--set” must be the first word of its line"),
    ("--start-daemon both", 1, "--start-daemon takes master or backup"),
    ("--start-daemon master", 1, "needs --mcast-interface"),
    ("--start-daemon master --mcast-interface", 1, "--mcast-interface needs an argument"),
    ("--start-daemon master --syncid 1 --syncid 2", 1, "--syncid stands twice"),
    ("--start-daemon master --weight 1", 1, "“--weight” is no option of --start-daemon"),
    ("--stop-daemon master now", 1, "“now” is unexpected after master"),
    (f"{A}\n{SYNC}\n{SYNC}", 3, "a master sync daemon is started by an earlier line"),
    (f"{A}\n{SYNC} --syncid 256", 2, "The sync id must be from 0 to 255"),
    ("-A -t 10.0.0.1:80 -6", 1, "-6 goes with -f only"),
    ("-A -t 10.0.0.1:99999", 1, "The port must be from 1 to 65535, not 99999"),
    ("-A -f x", 1, "no firewall mark"),
    ("-A -f 0", 1, "must be from 1 to 4294967295"),
    ("-A -f 4294967296", 1, "must be from 1 to 4294967295"),
    ("-A -t 10.0.0.1:80 -p 0", 1, "from 1 on"),
    ("-A -t 10.0.0.1:80 -p ten", 1, "-p takes a whole number, not “ten”"),
    ("-A -t 10.0.0.1:80 -p 2678401", 1, "from 0 to 2678400"),
    ("-A -t 10.0.0.1:80 -M 255.255.0.0", 1, "counts for persistence only"),
    ("-A -t 10.0.0.1:80 -b sh-port", 1, "has no flag “sh-port”"),
    ("-a -t 10.0.0.1:80 -r 10.0.0.2:80 -m", 1, "no line before this one adds the service"),
    (f"{A}\n\n-a -t 10.0.0.1:81 -r 10.0.0.2:80 -m", 3, "no line before this one adds"),
    (f"{A}\n-a -t 10.0.0.1:80 -m", 2, "give its address with -r"),
    (f"{A}\n-a -t 10.0.0.1:80 -r 10.0.0.2 -s rr", 2, "-s is a setting of a service"),
    (f"{A}\n-a -t 10.0.0.1:80 -r 10.0.0.2 -m -g", 2, "-m and -g exclude each other"),
    (f"{A}\n-a -t 10.0.0.1:80 -r 10.0.0.2 -w x", 2, "-w takes a whole number"),
    (f"{A}\n-a -t 10.0.0.1:80 -r 10.0.0.2 -m -w 2147483648", 2, "The weight must be"),
    (f"{A}\n# c\n-a -t 10.0.0.1:80 -r 10.0.0.2 -y 5", 3, "A lower threshold needs an upper"),
    (f"{A}\n-a -t 10.0.0.1:80 -r 10.0.0.2:81 -g", 2, "Only masquerade can map ports"),
    (f"{A}\n{A}", 2, "The service tcp 10.0.0.1:80 stands in the table already"),
    (
        f"{A}\n-a -t 10.0.0.1:80 -r 10.0.0.2 -m\n-a -t 10.0.0.1:80 -r 10.0.0.2:80 -m",
        3,
        "10.0.0.2:80 stands in this service already",
    ),
]


@pytest.mark.parametrize(("text", "line", "message"), WRONG)
def test_an_error_has_its_line_and_says_what_is_wrong(text, line, message):
    with pytest.raises(FormatError) as caught:
        parse(text)
    assert (caught.value.line, message in caught.value.message) == (line, True), caught.value


def test_what_ipvsadm_saved_without_n_is_read_by_the_names_of_its_ports():
    text = "-A -t 10.0.0.1:https -s rr\n-a -t 10.0.0.1:https -r 10.0.0.2:http-alt -m -w 1\n"
    assert parse(text) == parse(text.replace("https", "443").replace("http-alt", "8080"))


def test_names_of_hosts_and_of_other_ports_are_looked_up_by_the_caller():
    around = Surroundings(
        port_of=lambda name, protocol: {("own", "tcp"): 99}.get((name, protocol)),
        addresses_of=lambda name, family: {("www", "inet"): ["10.0.0.1"]}.get((name, family), []),
    )
    table = read("-A -t www:own -s rr\n", around=around).table
    assert table == parse("-A -t 10.0.0.1:99 -s rr\n")
    with pytest.raises(FormatError, match=r"^line 1: the host “ftp” has no IPv4 address"):
        read("-A -t ftp:own -s rr\n", around=around)


def test_a_host_with_several_addresses_is_not_guessed():
    around = Surroundings(addresses_of=lambda name, family: ["10.0.0.1", "10.0.0.2"])
    with pytest.raises(FormatError, match="has 2 IPv4 addresses: write the one that is meant"):
        read("-A -t www:80 -s rr\n", around=around)


def test_timeouts_and_sync_daemons_are_lines_for_ipvsadm_r():
    text = (
        "--set 900 0 30\n--stop-daemon backup\n"
        "--start-daemon master --mcast-interface eth0 --syncid 3 --sync-maxlen 1400 "
        "--mcast-group 224.0.0.82 --mcast-port 8849 --mcast-ttl 2\n"
    )
    table = parse(text)
    assert table.timeouts == Timeouts(900, 0, 30)
    assert table.sync == (SyncDaemon("master", "eth0", 3, 1400, "224.0.0.82", 8849, 2),)
    assert render(table, "ipvsadm") == text


def test_that_no_sync_daemon_may_run_can_be_said():
    table = parse("--stop-daemon master\n--stop-daemon backup\n")
    assert table.sync == ()
    assert parse(render(table, "ipvsadm")) == table


def test_the_work_of_reading_grows_with_the_text():
    def work(services):
        table = make_table(
            WEB._replace(address=f"10.{i // 250}.{i % 250}.1") for i in range(services)
        )
        text = render(table, "ipvsadm")
        assert parse(text) == table
        return steps_of(lambda: parse(text))

    assert work(1000) < 12 * work(100)


def test_the_tutorial_as_text():
    assert render(TUTORIAL, "ipvsadm") == (
        "-A -t 192.168.49.134:80 -s rr\n"
        "-a -t 192.168.49.134:80 -r 192.168.1.103:80 -m -w 1\n"
        "-a -t 192.168.49.134:80 -r 192.168.1.104:80 -m -w 1\n"
    )
