"""What no rule can see beforehand is reported with step, errno and meaning."""

import pytest

from lvs.apply import apply_table
from lvs.canonical_form import make_table
from lvs.model import RealServer, Table, VirtualService
from lvs.rules import check_table, errors_in
from lvs.settings import SyncDaemon, Sysctl
from tests.lab.inside.conftest import run_ipvsadm
from tests.lab.inside.reading import fresh, reading, turned_into

__all__ = ["fresh"]

WEB = VirtualService("inet", "tcp", "10.9.9.1", 80, 0, "rr")
MASTER = SyncDaemon("master", "outer", 1, 1472)


def with_server(server: RealServer) -> Table:
    return make_table([WEB._replace(real_servers=(server,))])


SLIPPED = {
    "unknown interface": (
        make_table((), sync=(MASTER._replace(interface="nowhere0"),)),
        "Start the master sync daemon with interface nowhere0",
        ("there is no interface “nowhere0” (ENODEV)", "ip link"),
    ),
    "scheduler whose module is missing": (
        make_table([WEB._replace(scheduler="twos")]),
        "Add tcp 10.9.9.1:80 with scheduler twos",
        ("this kernel has no scheduler “twos” (ENOENT)", "modprobe ip_vs_twos"),
    ),
    "broadcast address of a network of the director": (
        with_server(RealServer("192.168.1.255", 80)),
        "Add 192.168.1.255:80 to tcp 10.9.9.1:80",
        ("192.168.1.255 is no address that a real server can have here (EINVAL)", "unicast"),
    ),
    "IPv6 group without a route": (
        make_table((), sync=(MASTER._replace(interface="lo", group="ff02::81"),)),
        "Start the master sync daemon with interface lo",
        ("interface “lo” has no address or route for ff02::81 (ENETUNREACH)", "ip link set … up"),
    ),
}


@pytest.fixture
def clean(fresh):
    turned_into(fresh)
    yield
    turned_into(fresh)


def assert_told(outcome, step, texts):
    assert outcome.code == "refused"
    (failed,) = [result for result in outcome.results if result.state == "failed"]
    assert outcome.steps[failed.index].text().startswith(step)
    assert f"“{step}" in outcome.error
    for text in texts:
        assert text in failed.error
        assert text in outcome.error


@pytest.mark.parametrize("name", SLIPPED)
def test_refusal_is_told_with_step_errno_and_meaning(clean, unseen, folder, name):
    table, step, texts = SLIPPED[name]
    assert errors_in(check_table(table)) == []
    assert_told(apply_table(table, state=folder), step, texts)


def test_mixed_family_beside_a_daemon_of_others(clean, folder):
    run_ipvsadm("--start-daemon", "backup", "--mcast-interface", "outer")
    table = with_server(RealServer("fd00:9::2", 80, "tunnel"))
    assert errors_in(check_table(table)) == []
    outcome = apply_table(table, state=folder)
    assert_told(
        outcome,
        "Add [fd00:9::2]:80 to tcp 10.9.9.1:80",
        ("not while a sync daemon runs (EINVAL)",),
    )


def test_sysctl_that_this_kernel_does_not_have(clean, folder, monkeypatch):
    from lvs.rules.sysctls import SYSCTLS

    monkeypatch.setitem(SYSCTLS, "est_nice", SYSCTLS["conntrack"])  # of a later kernel
    table = make_table((), sysctls=(Sysctl("est_nice", "1"),))
    assert errors_in(check_table(table)) == []
    assert_told(
        apply_table(table, state=folder),
        "Set net.ipv4.vs.est_nice to 1",
        ("this kernel has no net.ipv4.vs.est_nice (ENOENT)", "Leave it out"),
    )


def test_settings_that_were_refused_leave_the_others_as_they_were(clean, folder):
    before = reading()
    table = make_table([WEB], sync=(MASTER._replace(interface="nowhere0"),))
    outcome = apply_table(table, state=folder)
    assert (outcome.state, outcome.code) == ("partial", "refused")
    after = reading()
    assert after == before._replace(services=after.services)
    assert [service.key for service in after.services] == [WEB.key]


def test_after_the_cause_is_mended_the_next_run_ends_the_work(clean, folder):
    wrong = make_table([WEB], sync=(MASTER._replace(interface="nowhere0"),))
    right = make_table([WEB], sync=(MASTER,))
    apply_table(wrong, state=folder)
    outcome = apply_table(right, state=folder)
    assert [step.kind for step in outcome.steps] == ["start daemon"]
    assert outcome.state == "verified"
    assert folder.load().owned == right.scope
