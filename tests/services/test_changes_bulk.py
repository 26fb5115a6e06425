"""Editing many services and real servers of a draft at once."""

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.changes import services
from apps.changes.bulk import (
    AddServer,
    RemoveServers,
    RemoveServices,
    ScaleWeight,
    Selection,
    SetForwarding,
    SetScheduler,
    SetWeight,
    edited,
    new_problems,
)
from apps.changes.errors import Conflict, Invalid, NotAllowed
from apps.changes.selectors import abilities_of, table_of
from lvs.canonical_form import canonical_table, make_table
from lvs.model import RealServer
from lvs.rules import errors_in
from lvs.settings import Timeouts
from tests.factories import (
    WEB1,
    WEB2,
    make_draft,
    make_service,
    make_submitted,
    tell,
)
from tests.lvs.strategies import tables
from tests.services.records import count, said

HTTP, HTTPS, DNS = make_service(80), make_service(443), make_service(53, servers=(WEB2,))
TABLE = make_table([HTTP, HTTPS, DNS], Timeouts(tcp=900))
EVERY = Selection(every=True)


def weights(table):
    return {s.port: [server.weight for server in s.real_servers] for s in table.services}


def after(edit, selection=EVERY, table=TABLE):
    return edited(table, selection, edit).table


@pytest.mark.parametrize(
    ("selection", "ports"),
    [
        (EVERY, [53, 80, 443]),
        (Selection(keys=frozenset({HTTP.key})), [80]),
        (Selection(every=True, text=":443"), [443]),
        (Selection(every=True, text="192.168.1.103"), [80, 443]),
        (Selection(every=True, server="192.168.1.103"), [80, 443]),
        (Selection(every=True, server=" 192.168.1.104:80 "), [53, 80, 443]),
        (Selection(every=True, server="192.168.1.104:81"), []),
        (Selection(keys=frozenset({DNS.key, HTTP.key}), server="192.168.1.103"), [80]),
        (Selection(), []),
    ],
)
def test_services_are_selected(selection, ports):
    assert [service.port for service in selection.services_of(TABLE)] == ports


def test_everything_on_one_real_server_is_drained():
    drained = after(SetWeight(0), Selection(every=True, server="192.168.1.104"))
    assert weights(drained) == {53: [0], 80: [1, 0], 443: [1, 0]}
    assert drained.timeouts == TABLE.timeouts


@pytest.mark.parametrize(
    ("weight", "percent", "result"),
    [(10, 50, 5), (5, 50, 3), (1, 10, 1), (0, 300, 0), (7, 0, 0), (3, 150, 5), (9, 100, 9)],
)
def test_weights_are_scaled(weight, percent, result):
    table = make_table([make_service(servers=(WEB1._replace(weight=weight),))])
    assert weights(after(ScaleWeight(percent), table=table)) == {80: [result]}


def test_the_forwarding_method_is_set_and_a_tunnel_that_is_none_any_more_is_forgotten():
    tunnel = WEB1._replace(forwarding="tunnel", tunnel_type="gue", tunnel_port=6080)
    table = make_table([make_service(servers=(tunnel, WEB2))])
    (service,) = after(SetForwarding("direct"), table=table).services
    assert service.real_servers == tuple(s._replace(forwarding="direct") for s in (WEB1, WEB2))


def test_the_scheduler_is_set_and_flags_that_it_has_not_are_dropped():
    table = make_table([make_service(scheduler="sh", flags=("sh-port", "flag-3"))])
    (service,) = after(SetScheduler("mh"), table=table).services
    assert (service.scheduler, service.flags) == ("mh", ("flag-3",))


def test_a_real_server_is_removed_everywhere():
    removed = after(RemoveServers(), Selection(every=True, server="192.168.1.104"))
    assert [len(service.real_servers) for service in removed.services] == [0, 1, 1]


def test_a_real_server_is_added_to_each_with_the_services_port_or_its_own():
    new = RealServer("192.168.1.109", 8080, weight=3)
    added = after(AddServer(new))
    assert [service.real_servers[-1] for service in added.services] == [new] * 3
    added = after(AddServer(new, own_port=True))
    assert [s.real_servers[-1].port for s in added.services] == [53, 80, 443]


def test_where_the_real_server_is_already_it_stays_as_it_is():
    outcome = edited(TABLE, EVERY, AddServer(WEB1._replace(weight=9)))
    assert [pair.before.port for pair in outcome.changed] == [53]
    assert (outcome.selected, outcome.servers) == (3, 1)


def test_services_are_removed():
    outcome = edited(TABLE, Selection(every=True, server="192.168.1.103"), RemoveServices())
    assert [service.port for service in outcome.table.services] == [53]
    assert (len(outcome.changed), outcome.servers) == (2, 4)


def test_what_is_left_without_a_usable_real_server_is_named():
    outcome = edited(TABLE, Selection(every=True, server="192.168.1.104"), SetWeight(0))
    assert [service.port for service in outcome.emptied] == [53]


EDITS = [
    SetWeight(0),
    ScaleWeight(250),
    SetForwarding("masquerade"),
    SetForwarding("tunnel"),
    SetScheduler("mh"),
    AddServer(RealServer("192.0.2.200", 80)),
    RemoveServices(),
]


@given(tables(), st.sampled_from(EDITS))
@settings(max_examples=100, deadline=None)
def test_any_edit_of_any_table_is_canonical_and_a_second_time_changes_nothing(table, edit):
    once = edited(table, EVERY, edit)
    assert once.table == canonical_table(once.table)
    if not isinstance(edit, ScaleWeight):
        assert edited(once.table, EVERY, edit).changed == ()
    changed = {pair.before.key for pair in once.changed}
    kept = once.table.by_key()
    assert all(kept[s.key] == s for s in table.services if s.key not in changed)


def test_only_new_problems_count():
    wrong = make_service(81, scheduler="nosuch")
    table = make_table([HTTP, wrong])
    assert [p.code for p in new_problems(edited(table, EVERY, SetWeight(5)))] == []
    found = errors_in(new_problems(edited(table, EVERY, SetWeight(-1))))
    assert {(p.path[:2], p.code) for p in found} == {
        (("services", 0), "weight.range"),
        (("services", 1), "weight.range"),
    }


# --- as a service -------------------------------------------------------------------------------


@pytest.fixture
def draft(operator, cluster):
    return make_draft(operator, cluster, HTTP, HTTPS, DNS)


def edit_many(change, edit, selection=EVERY, **how):
    how = {"actor": change.author, "version": change.version} | how
    return services.edit_many(change=change, selection=selection, edit=edit, **how)


@pytest.mark.django_db
def test_all_is_stored_with_one_record_of_what_changed(draft):
    before = count()
    change = edit_many(draft, SetWeight(0), Selection(every=True, server="192.168.1.103"))
    assert weights(table_of(change)) == {53: [1], 80: [0, 1], 443: [0, 1]}
    assert count() == before + 1
    who, _name, was, now, why, number = said("change.many_edited")
    changed = ("tcp 192.168.49.134:80", "tcp 192.168.49.134:443")
    weight = {"real_servers": {"192.168.1.103:80": {"weight": 1}}}
    assert was == {"services": dict.fromkeys(changed, weight)}
    assert now["services"][changed[0]] == {"real_servers": {"192.168.1.103:80": {"weight": 0}}}
    assert (who, why, number) == ("olga", "Launch day", change.pk)


@pytest.mark.django_db
def test_what_changes_nothing_is_no_edit(draft):
    before = count()
    assert edit_many(draft, SetWeight(1)).version == draft.version
    assert edit_many(draft, SetWeight(0), Selection(every=True, text="x")).version == draft.version
    assert count() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("selection", "edit", "path"),
    [
        (Selection(), SetWeight(1), ("keys",)),
        (EVERY, SetWeight(-1), ("services", 0, "real_servers", 0, "weight")),
        (EVERY, ScaleWeight(-1), ("percent",)),
        (EVERY, ScaleWeight(10_001), ("percent",)),
        (EVERY, SetScheduler("best"), ("scheduler",)),
        (EVERY, RemoveServers(), ("server",)),
        (EVERY, AddServer(RealServer("web-3", 80)), ("address",)),
        (EVERY, AddServer(RealServer("10.0.0.1", 0)), ("services", 0, "real_servers", 0, "port")),
        # Direct routing can't turn the service's port into another.
        (EVERY, SetForwarding("direct"), ("services", 0, "real_servers", 0, "port")),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(selection, edit, path, draft):
    before = count()
    with pytest.raises(Invalid) as refused:
        edit_many(draft, edit, selection)
    assert path in [problem.path for problem in refused.value.problems]
    assert count() == before


@pytest.mark.django_db
def test_what_a_director_can_not_do_is_refused(draft, cluster):
    tell(cluster.directors.get(), schedulers=["rr"])
    assert abilities_of(draft)
    with pytest.raises(Invalid, match="no ip_vs_mh"):
        edit_many(draft, SetScheduler("mh"))


@pytest.mark.django_db
def test_an_old_version_another_person_or_no_draft_is_refused(draft, admin, operator, cluster):
    with pytest.raises(Conflict):
        edit_many(draft, SetWeight(0), version=draft.version - 1)
    with pytest.raises(PermissionDenied):
        edit_many(draft, SetWeight(0), actor=admin)
    with pytest.raises(NotAllowed):
        edit_many(make_submitted(operator, cluster), SetWeight(0))
