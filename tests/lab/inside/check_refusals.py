"""What the kernel refuses: each with its step, its meaning, and what to do."""

from errno import EEXIST, EINVAL, ENOENT, ERANGE, ESRCH

import pytest

from lvs.model import RealServer, VirtualService
from lvs.plan import Step
from tests.lab.inside.conftest import fill
from tests.lab.inside.reading import services
from tests.lvs.examples import SERVERS, TUTORIAL, WEB, table_of, with_servers

WEB6 = VirtualService("inet6", "tcp", "fd00:49::134", 80, 0, netmask="128")
OTHER = WEB._replace(port=81, real_servers=())
NEW = RealServer("192.168.1.9", 80)


def one(kernel, kind, service, server=None):
    """Execute one step; the refusal that it got and that was reported."""
    reported = []
    step = Step(kind, service.settings, server)
    refusal = kernel.execute([step], lambda *result: reported.append(result))
    assert refusal is not None
    assert reported == [(range(1), refusal)]
    assert refusal.step is step
    return refusal


REFUSED = {
    "unknown scheduler": (
        ("add service", OTHER._replace(scheduler="twos")),
        (ENOENT, "no scheduler “twos”", "modprobe ip_vs_twos"),
    ),
    "unknown persistence engine": (
        ("add service", OTHER._replace(persistence=9, persistence_engine="xyz")),
        (ENOENT, "persistence engine “xyz”", "modprobe ip_vs_pe_xyz"),
    ),
    "service that exists": (
        ("add service", WEB),
        (EEXIST, "exists already", "--adopt"),
    ),
    "edit of a service that is gone": (
        ("edit service", OTHER),
        (ESRCH, "is not there", "apply again"),
    ),
    "deletion of a service that is gone": (
        ("delete service", OTHER),
        (ESRCH, "is not there", "apply again"),
    ),
    "IPv6 prefix out of range": (
        ("add service", WEB6._replace(persistence=9, netmask="129")),
        (EINVAL, "netmask “129”", "1 to 128"),
    ),
    "real server of a service that is gone": (
        ("add server", OTHER, NEW),
        (ESRCH, "virtual service is not there", "apply again"),
    ),
    "real server that exists": (
        ("add server", WEB, SERVERS[0]),
        (EEXIST, "has this real server already", "apply again"),
    ),
    "edit of a real server that is gone": (
        ("edit server", WEB, NEW),
        (ENOENT, "real server is not there", "apply again"),
    ),
    "drain of a real server that is gone": (
        ("drain server", WEB, NEW._replace(weight=0)),
        (ENOENT, "real server is not there", "apply again"),
    ),
    "deletion of a real server that is gone": (
        ("delete server", WEB, NEW),
        (ENOENT, "real server is not there", "apply again"),
    ),
    "broadcast address": (
        ("add server", WEB, NEW._replace(address="192.168.1.255")),
        (EINVAL, "192.168.1.255 is no address", "unicast"),
    ),
    "multicast address": (
        ("add server", WEB, NEW._replace(address="224.0.0.1")),
        (EINVAL, "224.0.0.1 is no address", "ip link set lo up"),
    ),
    "weight out of range": (
        ("add server", WEB, NEW._replace(weight=2**31)),
        (ERANGE, "weight 2147483648 is too large", "below 2147483648"),
    ),
    "lower threshold above the upper": (
        ("add server", WEB, NEW._replace(upper_threshold=3, lower_threshold=4)),
        (ERANGE, "lower threshold 4 is above the upper one, 3", "Raise the upper threshold"),
    ),
    "lower threshold alone": (
        ("add server", WEB, NEW._replace(lower_threshold=4)),
        (ERANGE, "lower threshold 4", "Raise the upper threshold"),
    ),
    "mixed family without tunnel": (
        ("add server", WEB, NEW._replace(address="fd00:1::9")),
        (EINVAL, "other address family", "forwarding to tunnel"),
    ),
    "GUE tunnel without a port": (
        ("add server", WEB, NEW._replace(forwarding="tunnel", tunnel_type="gue")),
        (EINVAL, "GUE tunnel needs a UDP port", "tunnel port"),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusal_names_step_meaning_and_what_to_do(kernel, name):
    step, (errno, meaning, hint) = REFUSED[name]
    fill(kernel, TUTORIAL)
    refusal = one(kernel, *step)
    assert refusal.errno == errno
    assert meaning in refusal.meaning
    assert hint in refusal.hint
    assert refusal.step.text() in str(refusal)
    assert services(kernel.read_table()) == TUTORIAL


def test_steps_after_a_refusal_in_the_same_batch_are_told_as_they_were(kernel):
    fill(kernel, TUTORIAL)
    bad = NEW._replace(address="224.0.0.1")
    steps = [Step("add server", WEB.settings, server) for server in (bad, NEW)]
    told = {}
    first = kernel.execute(steps, told.__setitem__)
    assert told == {range(1): first, range(1, 2): None}
    assert NEW in kernel.read_table().services[0].real_servers


def test_nothing_is_removed_after_something_could_not_be_added(kernel):
    fill(kernel, TUTORIAL)
    steps = [
        Step("add server", WEB.settings, NEW._replace(address="224.0.0.1")),
        Step("drain server", WEB.settings, SERVERS[0]._replace(weight=0), SERVERS[0]),
        Step("delete server", WEB.settings, SERVERS[0], SERVERS[0]),
    ]
    told = {}
    kernel.execute(steps, told.__setitem__)
    assert told.keys() == {range(1)}
    assert services(kernel.read_table()) == TUTORIAL


def test_a_second_batch_of_the_same_kind_is_not_sent_after_a_refusal(kernel, monkeypatch):
    monkeypatch.setattr("lvs.netlink.execute.BATCH", 2)
    fill(kernel, TUTORIAL)
    servers = [NEW._replace(address=f"192.168.1.{n}") for n in (10, 255, 12, 13)]
    steps = [Step("add server", WEB.settings, server) for server in servers]
    told = {}
    kernel.execute(steps, told.__setitem__)
    assert told.keys() == {range(1), range(1, 2)}
    assert services(kernel.read_table()) == table_of(with_servers(*SERVERS, servers[0]))
