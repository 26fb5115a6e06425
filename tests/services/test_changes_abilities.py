"""What directors' kernels can't do: said before anything is submitted."""

import pytest

from apps.changes.abilities import (
    Ability,
    ability_of,
    check_abilities,
    no_scheduler,
    too_old,
    version_of,
)
from apps.changes.errors import Invalid
from apps.changes.models import Change
from apps.changes.selectors import directors_seen
from apps.changes.services import submit_change
from lvs.canonical_form import make_table
from lvs.model import EMPTY, RealServer, VirtualService
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.factories import (
    decide,
    make_cluster,
    make_director,
    make_draft,
    make_service,
    observe,
    tell,
)

OLD = Ability(
    "lvs-2",
    (3, 10),
    frozenset({"rr", "wlc"}),
    frozenset({"conntrack"}),
    frozenset({"sip", "sctp", "inet6"}),
)
NEW = Ability(
    "lvs-1", (6, 1), frozenset({"rr", "wlc", "mh"}), frozenset({"conntrack", "pmtu_disc"})
)
SILENT = Ability("lvs-3")


def tunnel(kind, checksum="none"):
    return RealServer(
        *("10.0.0.1", 80, "tunnel"),
        tunnel_type=kind,
        tunnel_port=6080 if kind == "gue" else 0,
        tunnel_checksum=checksum,
    )


CANT = [
    (
        make_table([make_service(scheduler="mh")]),
        ("services", 0, "scheduler"),
        "mh is not on lvs-2: its kernel has no ip_vs_mh. Choose another.",
    ),
    (
        make_table([make_service(servers=(tunnel("gue"),))]),
        ("services", 0, "real_servers", 0, "tunnel_type"),
        "gue is not on lvs-2 (kernel 3.10): it needs 5.2. Choose another.",
    ),
    (
        make_table([make_service(servers=(tunnel("ipip", "csum"),))]),
        ("services", 0, "real_servers", 0, "tunnel_checksum"),
        "csum is not on lvs-2 (kernel 3.10): it needs 5.3. Choose another.",
    ),
    (
        make_table([make_service(protocol="udp", persistence=60, persistence_engine="sip")]),
        ("services", 0, "persistence_engine"),
        "sip is not on lvs-2: its kernel has no ip_vs_pe_sip. Choose another.",
    ),
    (
        make_table([make_service(protocol="sctp")]),
        ("services", 0, "protocol"),
        "sctp is not on lvs-2: its kernel has no SCTP in its IPVS. Choose another.",
    ),
    (
        make_table([VirtualService("inet6", "tcp", "2001:db8::1", 80, 0)]),
        ("services", 0, "address"),
        "IPv6 is not on lvs-2: its kernel has no IPv6 in its IPVS. Take IPv4.",
    ),
    (
        make_table([VirtualService("inet6", "", "", 0, 7)]),
        ("services", 0, "family"),
        "IPv6 is not on lvs-2: its kernel has no IPv6 in its IPVS. Take IPv4.",
    ),
    (
        make_table([make_service(servers=(RealServer("2001:db8::9", 80, "tunnel"),))]),
        ("services", 0, "real_servers", 0, "address"),
        "IPv6 is not on lvs-2: its kernel has no IPv6 in its IPVS. Take IPv4.",
    ),
    (
        make_table(sync=(SyncDaemon("master", "eth0", ttl=4),)),
        ("sync", 0, "ttl"),
        "A time to live of your own is not on lvs-2 (kernel 3.10): it needs 4.3. Leave it empty.",
    ),
    (
        make_table(sysctls=(Sysctl("pmtu_disc", "0"),)),
        ("sysctls", "pmtu_disc"),
        "pmtu_disc is not on lvs-2: its kernel has no net.ipv4.vs.pmtu_disc. Leave it as it is.",
    ),
]


@pytest.mark.parametrize(("table", "path", "says"), CANT)
def test_what_one_director_can_not_do_is_named_with_it(table, path, says):
    [problem] = check_abilities(table, [NEW, OLD, SILENT])
    assert (problem.path, problem.message, problem.severity) == (path, says, "error")


@pytest.mark.parametrize(("table", "path", "says"), CANT)
def test_what_is_not_known_stands_against_nothing(table, path, says):
    assert check_abilities(table, [NEW, SILENT]) == []


def test_what_every_kernel_does_needs_nothing():
    plain = make_table(
        [make_service(servers=(tunnel("ipip"),))],
        Timeouts(1, 1, 1),
        (SyncDaemon("backup", "eth0", 7),),
        (Sysctl("conntrack", "1"),),
    )
    assert check_abilities(plain, [OLD]) == []


def test_an_ipv6_group_needs_ipv6():
    table = make_table(sync=(SyncDaemon("master", "eth0", group="ff02::81"),))
    [problem] = check_abilities(table, [NEW, Ability("lvs-4", lacks=frozenset({"inet6"}))])
    assert problem.path == ("sync", 0, "group")
    assert problem.message == (
        "An IPv6 group is not on lvs-4: its kernel has no IPv6 in its IPVS. Take an IPv4 one."
    )


def test_many_directors_are_counted():
    many = [OLD._replace(director=f"lvs-{n}") for n in range(2, 7)]
    assert no_scheduler("mh", many[:2]) == (
        "not on lvs-2 and lvs-3: their kernels have no ip_vs_mh"
    )
    assert too_old("gre", many) == (
        "not on lvs-2 (kernel 3.10), lvs-3 (kernel 3.10), lvs-4 (kernel 3.10) and 2 more: "
        "it needs 5.3"
    )


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ("6.1.0-28-amd64", (6, 1)),
        ("5.10.0", (5, 10)),
        ("4.18.0-553.el8_10.x86_64", None),
        ("5.3.18-150300.59.93-default", None),
        ("unknown", None),
        ("", None),
    ],
)
def test_a_release_tells_the_version_unless_newer_parts_were_carried_into_it(release, version):
    assert version_of(release) == version


def test_schedulers_count_only_when_the_director_could_see_all():
    facts = {"kernel": "6.1.0", "schedulers": ["rr"]}
    assert ability_of("a", facts, []).schedulers is None
    assert ability_of("a", facts | {"all_schedulers": True}, []).schedulers == {"rr"}


@pytest.mark.django_db
def test_what_directors_said_is_read_without_their_services(operator):
    silent, plain, full = (make_director(name, holds=None) for name in ("c", "b", "a"))
    tell(plain, kernel="4.19.0", schedulers=["rr"])
    settings = make_table((), Timeouts(900, 120, 300), (), (Sysctl("conntrack", "0"),))
    observe(full, EMPTY, settings._replace(services=(make_service(),)))
    tell(
        full,
        kernel="4.19.0",
        schedulers=["rr"],
        addresses=[{"interface": "eth0", "address": "10.0.0.1"}] * 2,
    )
    change = make_draft(operator, make_cluster("wide", directors=[silent, plain, full]))
    a, b, c = directors_seen(change)
    assert (a.name, a.settings, a.interfaces) == ("a", settings, ("eth0",))
    assert a.ability == Ability("a", (4, 19), frozenset({"rr"}), frozenset({"conntrack"}))
    assert (b.settings, b.ability) == (None, Ability("b", (4, 19), frozenset({"rr"})))
    assert (c.settings, c.ability) == (None, Ability("c"))


@pytest.mark.django_db
def test_a_change_that_a_director_can_not_do_is_not_submitted(operator, cluster):
    tell(cluster.directors.get())
    change = make_draft(operator, cluster, make_service(scheduler="mh"))
    with pytest.raises(Invalid, match="its kernel has no ip_vs_mh") as refused:
        submit_change(actor=operator, change=change)
    assert [problem.path for problem in refused.value.problems] == [("services", 0, "scheduler")]
    change.refresh_from_db()
    assert change.state == Change.State.DRAFT


@pytest.mark.django_db
def test_a_change_that_every_director_can_do_is_submitted(operator, cluster):
    tell(cluster.directors.get())
    change = decide(make_draft(operator, cluster, make_service()), timeouts=Timeouts(tcp=300))
    assert submit_change(actor=operator, change=change).state == Change.State.IN_REVIEW
