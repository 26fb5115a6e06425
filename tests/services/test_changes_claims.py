"""Two services that claim the same address and port, in two clusters."""

import time

import pytest
from django.utils import timezone

from apps.accounts.models import RoleGrant, User
from apps.changes import services
from apps.changes.claims import claimed_elsewhere
from apps.changes.errors import Invalid, NotAllowed
from apps.changes.models import Change, ProposedEndpoint
from apps.changes.timing import Timing
from apps.inventory.endpoints import Claim, claims_in
from apps.inventory.models import ClaimedEndpoint, Cluster, Director
from apps.inventory.services import create_revision
from apps.jobs.services import approve_and_start, begin_what_is_due
from apps.telemetry.models import DirectorStatus
from lvs.model import VirtualService
from tests.applying import verified
from tests.factories import (
    WEB1,
    decide,
    make_applied,
    make_cluster,
    make_draft,
    make_service,
    make_submitted,
    make_user,
    tell,
)
from tests.guards import force

pytestmark = pytest.mark.django_db
S = Change.State
NETWORK = "192.168.49.0/24"


def place(cluster, *addresses, prefix=24):
    """The cluster's directors tell these addresses."""
    told = [{"interface": "eth0", "address": a, "prefix": prefix} for a in addresses]
    for director in cluster.directors.all():
        tell(director, addresses=told)


@pytest.fixture
def mail(db):
    """Another cluster, in the same network as cluster web."""
    cluster = make_cluster("mail")
    place(cluster, "192.168.49.12")
    return cluster


@pytest.fixture
def web(cluster, mail):
    place(cluster, "192.168.49.11")
    return cluster


@pytest.fixture
def other(db):
    """An operator whose changes are on cluster mail."""
    return make_user("operator", "otto")


def found(user, cluster, service=None):
    """Severity and text of each problem of this service in the cluster."""
    problems = claimed_elsewhere(user, cluster, [service or make_service()])
    assert all(p.path == ("services", 0, "address") for p in problems)
    return [(p.severity, p.message) for p in problems]


def test_what_a_head_claims_is_no_others(operator, approver, web, mail):
    make_applied(make_submitted(operator, mail), approver)
    assert found(operator, web) == [
        (
            "error",
            "Cluster mail claims tcp 192.168.49.134:80 too, and its directors share the network "
            f"{NETWORK} with these. Choose another address or port.",
        )
    ]
    draft = make_draft(operator, web, make_service())
    with pytest.raises(Invalid, match="Cluster mail claims") as refused:
        services.submit_change(actor=operator, change=draft)
    assert [p.path for p in refused.value.problems] == [("services", 0, "address")]


@pytest.mark.parametrize(
    "service",
    [
        make_service(81),
        make_service(protocol="udp"),
        make_service(address="192.168.49.135"),
        VirtualService("inet", "", "", 0, 7, real_servers=(WEB1,)),
    ],
)
def test_another_port_protocol_or_address_is_free_and_so_is_a_mark(
    service, operator, approver, web, mail
):
    mark = VirtualService("inet", "", "", 0, 7, real_servers=(WEB1,))
    make_applied(make_submitted(operator, mail, make_service(), mark), approver)
    assert found(operator, web, service) == []


def test_every_port_is_each_port(operator, approver, web, mail):
    every = make_service(0, persistence=300, servers=(WEB1._replace(port=0),))
    make_applied(make_submitted(operator, mail, every), approver)
    ((severity, text),) = found(operator, web, make_service(443))
    assert severity == "error"
    assert "Cluster mail claims every port of tcp 192.168.49.134" in text


def test_one_port_is_not_free_for_every_port(operator, approver, web, mail):
    make_applied(make_submitted(operator, mail), approver)
    every = make_service(0, persistence=300, servers=(WEB1._replace(port=0),))
    ((_, text),) = found(operator, web, every)
    assert "claims tcp 192.168.49.134:80, one of the ports of tcp 192.168.49.134:0" in text


def test_clusters_in_networks_apart_may_claim_the_same(operator, approver, web, mail):
    make_applied(make_submitted(operator, mail), approver)
    place(mail, "10.0.0.12")
    assert found(operator, web) == []
    assert make_submitted(operator, web).state == S.IN_REVIEW


def test_where_it_is_not_known_whether_they_meet_it_is_said(operator, approver, mail):
    make_applied(make_submitted(operator, mail), approver)
    cluster = make_cluster("dns")
    (director,) = cluster.directors.all()
    assert found(operator, cluster) == [
        (
            "warning",
            "Cluster mail claims tcp 192.168.49.134:80 too. Whether their directors share a network "
            f"isn't known: {director} has not told the addresses.",
        )
    ]
    assert make_submitted(operator, cluster).state == S.IN_REVIEW


def test_a_change_in_review_claims_and_a_draft_may(operator, web, mail):
    draft = make_draft(operator, mail, make_service())
    ((severity, text),) = found(operator, web)
    assert severity == "warning"
    assert f"Change #{draft.pk} of cluster mail (draft) claims tcp" in text
    change = services.submit_change(actor=operator, change=draft)
    ((severity, text),) = found(operator, web)
    assert severity == "error"
    assert f"Change #{change.pk} of cluster mail (in review) claims" in text
    services.withdraw_change(actor=operator, change=change)
    assert found(operator, web) == []


def test_of_each_cluster_what_is_surest_is_said(operator, approver, web, mail):
    make_draft(operator, mail, make_service())
    make_applied(make_submitted(operator, mail), approver)
    make_draft(operator, mail, make_service(scheduler="wlc"))
    assert [text.split(" claims")[0] for _, text in found(operator, web)] == ["Cluster mail"]


def test_changes_of_the_own_cluster_are_no_rivals(operator, web):
    make_submitted(operator, web)
    assert found(operator, web) == []


def test_what_the_own_head_claims_already_can_be_edited(operator, approver, web, mail):
    """Two heads that claim the same since before their networks were known."""
    place(mail, "10.0.0.12")
    for cluster in (web, mail):
        make_applied(make_submitted(operator, cluster), approver)
    place(mail, "192.168.49.12")
    web.refresh_from_db()
    assert [severity for severity, _ in found(operator, web)] == ["warning"]
    change = make_submitted(operator, web, make_service(scheduler="wlc"))
    assert change.state == S.IN_REVIEW


def test_at_its_approval_it_is_asked_again(operator, approver, web, mail):
    place(mail, "10.0.0.12")
    change = make_submitted(operator, web)
    make_applied(make_submitted(operator, mail), approver)
    place(mail, "192.168.49.12")  # it moved into the network since
    with pytest.raises(NotAllowed, match="Cluster mail claims tcp"):
        services.approve_change(actor=approver, change=change, digest=change.digest)
    change.refresh_from_db()
    assert change.state == S.IN_REVIEW
    assert not change.reviews.exists()


def test_of_two_in_review_the_one_that_is_approved_first_gets_it(operator, approver, web, mail):
    place(mail, "10.0.0.12")
    ours, theirs = make_submitted(operator, web), make_submitted(operator, mail)
    place(mail, "192.168.49.12")
    services.approve_change(actor=approver, change=ours, digest=ours.digest)
    with pytest.raises(NotAllowed, match=rf"Change #{ours.pk} of cluster web \(approved\) claims"):
        services.approve_change(actor=approver, change=theirs, digest=theirs.digest)


def test_who_may_not_see_the_cluster_is_not_told_its_name(operator, web, mail):
    make_submitted(operator, mail)
    here = make_user("operator")
    RoleGrant.objects.filter(user=here).update(cluster=web)
    here = User.objects.get(pk=here.pk)
    ((severity, text),) = found(here, web)
    assert severity == "error"
    assert text.startswith("Another cluster, which you may not see, claims tcp")
    assert "mail" not in text


# --- the index ----------------------------------------------------------------------------------


def claims_of(owner):
    return {Claim(*row) for row in owner.endpoints.values_list("protocol", "address", "port")}


def test_the_index_follows_the_draft_the_head_and_their_end(operator, approver, cluster):
    draft = make_draft(operator, cluster, make_service(80), make_service(443))
    assert claims_of(draft) == claims_in(draft.table)
    key = make_service(80).key
    change = services.remove_service(actor=operator, change=draft, version=draft.version, key=key)
    assert claims_of(change) == {Claim("tcp", "192.168.49.134", 443)}
    change = services.submit_change(actor=operator, change=change)
    make_applied(change, approver)
    assert claims_of(cluster) == {Claim("tcp", "192.168.49.134", 443)}
    assert not ProposedEndpoint.objects.exists()
    change = decide(make_draft(operator, cluster, make_service(443, "wlc")))
    make_applied(services.submit_change(actor=operator, change=change), approver)
    cluster.refresh_from_db()
    assert claims_of(cluster) == claims_in(cluster.head.table)


def test_a_change_that_failed_half_way_claims_until_a_newer_one_is_verified(
    operator, approver, web, mail
):
    change = make_submitted(operator, mail)
    change = services.approve_change(actor=approver, change=change, digest=change.digest)
    revision = create_revision(cluster=mail, table=change.table, digest=change.digest)
    change = services.start_change(actor=approver, change=change, revision=revision)
    services.end_change(change=change, state=S.PARTIAL)
    ((severity, text),) = found(operator, web)
    assert (severity, text.split(" claims")[0]) == (
        "error",
        f"Change #{change.pk} of cluster mail (partly applied)",
    )
    make_applied(make_submitted(operator, mail, make_service(443)), approver)
    assert found(operator, web) == []
    assert not change.endpoints.exists()


@pytest.fixture
def given_up(operator, approver, mail):
    """A change of cluster mail that took the tutorial's service out, and waits to be confirmed."""
    make_applied(make_submitted(operator, mail), approver)
    draft = make_draft(operator, mail, make_service(443))
    key = make_service().key
    draft = services.remove_service(actor=operator, change=draft, version=draft.version, key=key)
    timing = Timing(confirm_within=10)
    change = services.submit_change(actor=operator, change=draft, timing=timing)
    return verified(approve_and_start(actor=approver, change=change, digest=change.digest))


def test_what_may_be_put_back_is_not_free_before_it_is_confirmed(operator, web, given_up):
    ((severity, text),) = found(operator, web)
    assert severity == "error"
    assert f"Change #{given_up.pk} of cluster mail (which may still be taken back) claims" in text
    services.confirm_change(actor=operator, change=given_up)
    assert found(operator, web) == []


def test_what_is_put_back_is_claimed_all_the_time(operator, web, given_up):
    force(given_up, confirm_by=timezone.now())
    begin_what_is_due()
    back = Change.objects.get(takes_back=given_up)
    ((severity, text),) = found(operator, web)
    assert (severity, f"Change #{back.pk} of cluster mail (applying)" in text) == ("error", True)
    verified(back)
    ((severity, text),) = found(operator, web)
    assert (severity, text.startswith("Cluster mail claims")) == ("error", True)
    assert not ProposedEndpoint.objects.exists()


def test_a_thousand_clusters_are_asked_quickly(operator, web, django_assert_max_num_queries):
    clusters = Cluster.objects.bulk_create(Cluster(name=f"c-{n}") for n in range(1000))
    at = [f"10.{n // 250}.{n % 250}.1" for n in range(1000)]
    ClaimedEndpoint.objects.bulk_create(
        ClaimedEndpoint(cluster=cluster, protocol="tcp", address=address, port=port)
        for address, cluster in zip(at, clusters, strict=True)
        for port in range(1, 21)
    )
    directors = Director.objects.bulk_create(Director(name=c.name, cluster=c) for c in clusters)
    place_of = {"interface": "eth0", "address": "192.168.49.77", "prefix": 24}
    facts = {"addresses": [place_of]}
    DirectorStatus.objects.bulk_create(DirectorStatus(director=d, facts=facts) for d in directors)
    services_there = [make_service(7, address=address) for address in at]
    begun = time.perf_counter()
    with django_assert_max_num_queries(12):
        assert len(claimed_elsewhere(operator, web, services_there)) == 1000
    assert time.perf_counter() - begun < 4
    begun = time.perf_counter()
    with django_assert_max_num_queries(6):
        assert len(claimed_elsewhere(operator, web, services_there[:1])) == 1
    assert time.perf_counter() - begun < 0.5
