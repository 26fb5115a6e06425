"""The Kernel class against ipvsadm: what one writes the other reads, attribute by attribute."""

import subprocess
import sys
import time

import pytest
from hypothesis import given

from lvs.canonical_form import make_table
from lvs.errors import LvsError, NotPermitted
from lvs.model import EMPTY, RealServer
from lvs.netlink.kernel import Kernel
from lvs.plan import Step, make_plan
from lvs.rules import flags_of
from lvs.verify import explain_difference
from tests.lab.inside.conftest import fill, run_ipvsadm
from tests.lab.inside.reading import services
from tests.lvs.examples import SERVERS, TUTORIAL, WEB, table_of, with_servers
from tests.lvs.golden_cases import cases
from tests.lvs.strategies import LAB_SCHEDULERS, edited_tables

ADDITIONS = {args: step for args, step in cases().items() if args[:2] in ("-A", "-a")}
"""Commands of ipvsadm that together make one table with every attribute in it."""


def whole_table():
    """The table that `ADDITIONS` make."""
    services = {step.service.key: step.service for step in ADDITIONS.values() if not step.server}
    for step in ADDITIONS.values():
        if step.server:
            service = services[step.service.key]
            servers = (*service.real_servers, step.server)
            services[step.service.key] = service._replace(real_servers=servers)
    return make_table(services.values())


def restore(lines):
    subprocess.run(["ipvsadm", "-R"], input="\n".join(lines) + "\n", text=True, check=True)


def listing():
    """All that ipvsadm can tell of the settings; it lists real servers in the order of adding."""
    told = run_ipvsadm("-Sn"), run_ipvsadm("-Ln", "--thresholds"), run_ipvsadm("-Ln", "--tun-info")
    return [sorted(text.splitlines()) for text in told]


def test_what_ipvsadm_writes_is_read_attribute_by_attribute(kernel):
    restore(ADDITIONS)
    found = services(kernel.read_table())
    assert found == whole_table(), explain_difference(whole_table(), found)


def test_what_we_write_ipvsadm_lists_like_its_own(kernel, ipvsadm):
    restore(ADDITIONS)
    expected = listing()
    ipvsadm("-C")
    fill(kernel, whole_table())
    assert listing() == expected


@pytest.mark.parametrize("scheduler", LAB_SCHEDULERS)
def test_every_scheduler_with_all_its_flags(kernel, ipvsadm, scheduler):
    table = make_table([WEB._replace(scheduler=scheduler, flags=flags_of(scheduler))])
    fill(kernel, table)
    assert services(kernel.read_table()) == table
    assert f"-s {scheduler} -b {','.join(flags_of(scheduler))}" in ipvsadm("-Sn")


def test_edits_are_made_in_place(kernel, ipvsadm):
    fill(kernel, TUTORIAL)
    edited = table_of(
        with_servers(SERVERS[0]._replace(weight=20, upper_threshold=9), SERVERS[1], scheduler="wrr")
    )
    kernel.execute(make_plan(TUTORIAL, edited), lambda index, refusal: None)
    assert services(kernel.read_table()) == edited
    assert "-s wrr" in ipvsadm("-Sn")


@given(edited_tables(LAB_SCHEDULERS))
def test_any_table_becomes_any_other(tables):
    before, after = tables
    run_ipvsadm("-C")
    with Kernel() as kernel:
        fill(kernel, before)
        assert services(kernel.read_stable_table()) == before
        assert kernel.execute(make_plan(before, after), lambda index, refusal: None) is None
        assert services(kernel.read_stable_table()) == after


def test_info_names_the_version_that_ipvsadm_names(kernel, ipvsadm):
    info = kernel.info()
    head = ipvsadm("-Ln").splitlines()[0]
    assert head == f"IP Virtual Server version {info.version} (size={info.connection_table_size})"


def test_many_real_servers_span_several_buffers(kernel):
    servers = tuple(RealServer(f"10.1.{n >> 8}.{n & 255}", 80, "direct", n) for n in range(1, 2001))
    table = table_of(with_servers(*servers))
    fill(kernel, table)
    assert services(kernel.read_stable_table()) == table


def ask_the_web_service(times):
    client = ["nsenter", "--net=/run/netns/client", "curl", "-sS", "http://192.168.49.134/"]
    for _ in range(times):
        subprocess.run(client, check=True, capture_output=True)


def test_counters_are_those_of_ipvsadm_after_traffic(kernel, ipvsadm):
    fill(kernel, TUTORIAL)
    ask_the_web_service(4)
    time.sleep(2.5)  # the kernel sums its counters up every two seconds
    (service,) = kernel.read_counters()
    shown = ipvsadm("-Ln --stats --exact").splitlines()[3:]
    rows = [[int(number) for number in line.split()[2:]] for line in shown]
    counted = [service.counters, *(server.counters for server in service.servers)]
    assert sorted(rows) == sorted([list(counters) for counters in counted])
    assert service.counters.connections == 4
    assert service.counters.out_bytes > 0


def test_connections_of_real_servers_are_those_of_ipvsadm(kernel, ipvsadm):
    fill(kernel, TUTORIAL)
    ask_the_web_service(2)
    (service,) = kernel.read_counters()
    shown = ipvsadm("-Ln").splitlines()[4:]
    listed = {line.split()[1]: [int(n) for n in line.split()[3:]] for line in shown}
    ours = {f"{s.address}:{s.port}": [s.weight, s.active, s.inactive] for s in service.servers}
    assert ours == listed
    assert all(server.active + server.inactive > 0 for server in service.servers)


def test_no_services_no_counters(kernel):
    assert kernel.read_counters() == []
    assert services(kernel.read_stable_table()) == EMPTY


class Disturbed(Kernel):
    """A kernel whose table somebody else changes after each of the first readings."""

    def __init__(self, times):
        super().__init__()
        self.left = times

    def read_table(self, *which):
        table = super().read_table(*which)
        if self.left:
            self.left -= 1
            server = SERVERS[0]._replace(weight=100 + self.left)
            with Kernel() as other:
                other.execute([Step("edit server", WEB.settings, server)], lambda *result: None)
        return table


def test_reading_goes_on_until_the_table_rests(kernel):
    fill(kernel, TUTORIAL)
    with Disturbed(3) as disturbed:
        table = disturbed.read_stable_table()
    assert table == kernel.read_table()
    assert table.services[0].real_servers[0].weight == 100


def test_table_that_never_rests_is_an_error(kernel):
    fill(kernel, TUTORIAL)
    with Disturbed(1000) as disturbed, pytest.raises(LvsError, match="kept changing"):
        disturbed.read_stable_table()


def test_without_the_capability_the_error_names_it():
    script = (
        "from lvs.netlink.kernel import Kernel\n"
        "from lvs.errors import NotPermitted\n"
        "with Kernel() as kernel:\n"
        "    try: kernel.read_table()\n"
        "    except NotPermitted as error: print(error)\n"
    )
    drop = ["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin"]
    done = subprocess.run([*drop, sys.executable, "-c", script], capture_output=True, text=True)
    assert "CAP_NET_ADMIN" in done.stdout, done.stderr
    assert issubclass(NotPermitted, LvsError)


def test_service_with_a_protocol_that_we_do_not_know_is_read_with_its_servers(kernel, ipvsadm):
    # ipvsadm has no option for it, the kernel takes any: 50 is ESP
    from lvs.netlink import values

    known, values_before = dict(values.PROTOCOLS), values.PROTOCOLS
    service = WEB._replace(protocol="esp")
    encoder = sys.modules["lvs.netlink.encode"]
    encoder.PROTOCOLS = known | {"esp": 50}
    try:
        fill(kernel, make_table([service]))
    finally:
        encoder.PROTOCOLS = values_before
    assert services(kernel.read_table()) == make_table([service._replace(protocol="protocol-50")])


def test_kernel_that_is_not_open_says_so():
    with pytest.raises(LvsError, match="closed"):
        Kernel().read_table()


def test_lost_answers_to_a_read_are_asked_for_again(kernel):
    fill(kernel, TUTORIAL)
    kernel._transport._timeout = 0.2
    kernel._transport._send = lambda data: None  # the first question never arrives
    assert services(kernel.read_table()) == TUTORIAL
