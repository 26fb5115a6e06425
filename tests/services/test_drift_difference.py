"""What differs between head and kernel, over random tables: nothing is missed, nothing is made up."""

from hypothesis import given
from hypothesis import strategies as st

from apps.changes.drift.difference import difference_of, documents_of
from lvs.canonical_form import make_table
from lvs.model import EMPTY, RealServer, Scope
from lvs.plan import concerned, make_plan
from lvs.settings import SyncDaemon, Timeouts
from tests.factories import WEB1, WEB2, make_service
from tests.lvs.setting_strategies import everything, full_pairs, full_tables
from tests.lvs.simulation import Simulation

HEAD = make_table([make_service()], Timeouts(tcp=300))
MORE = RealServer("192.168.1.105", 80)


@st.composite
def heads_and_kernels(draw):
    """A head, a kernel that somebody had a hand in, and what of that the director calls ours."""
    held, head = draw(full_pairs())
    kernel = everything(held)
    owned = kernel.only(draw(st.sampled_from([head, held])).scope).scope
    both = sorted(owned.services & head.scope.services, key=str)
    others = draw(st.sets(st.sampled_from(both))) if both else set()
    return head, kernel, owned._replace(services=owned.services - others)


def seen(*services, head=HEAD, owned=None, **settings):
    """The difference when the kernel holds these services and settings."""
    kernel = everything(make_table(services, **settings))
    return difference_of(head, kernel, head.scope if owned is None else owned)


def held_as_head(**settings):
    return {"timeouts": Timeouts(tcp=300)} | settings


def only_service(difference):
    (part,) = difference.services
    assert not difference.settings
    return part


@given(full_tables())
def test_a_kernel_that_holds_the_head_differs_in_nothing(head):
    assert not difference_of(head, everything(head), head.scope)


@given(heads_and_kernels())
def test_nothing_differs_exactly_when_what_is_ours_is_the_head(found):
    head, kernel, owned = found
    assert bool(difference_of(head, kernel, owned)) is (kernel.only(owned) != head)


@given(heads_and_kernels())
def test_after_the_head_was_applied_again_nothing_differs(found):
    head, kernel, owned = found
    # Services of others may be such that no sync daemon can start beside them.
    owned = owned.with_services(kernel.scope.services - head.scope.services)
    simulated = Simulation(kernel)
    for step in make_plan(kernel.only(concerned(head, owned)), head):
        simulated.take(step)
    assert not difference_of(head, simulated.table(), head.scope)


@given(heads_and_kernels())
def test_a_head_that_adopts_what_is_held_differs_in_nothing(found):
    head, kernel, owned = found
    held = difference_of(head, kernel, owned).held
    assert not difference_of(held, kernel, held.scope)


@given(heads_and_kernels())
def test_what_does_not_differ_is_adopted_as_the_head_has_it(found):
    head, kernel, owned = found
    difference = difference_of(head, kernel, owned)
    drifted = {part.diff.service.key for part in difference.services}
    kept = [s for s in head.services if s.key not in drifted]
    assert [s for s in difference.held.services if s.key not in drifted] == kept


def test_a_weight_is_named_with_both_values():
    lighter = make_service(servers=(WEB1._replace(weight=0), WEB2))
    part = only_service(seen(lighter, **held_as_head()))
    (server, same) = part.diff.servers
    assert (server.kind, same.kind) == ("changed", "same")
    assert [tuple(field) for field in server.fields] == [("weight", "1", "0")]


def test_a_real_server_added_by_hand_and_one_that_is_gone():
    part = only_service(seen(make_service(servers=(WEB1, MORE)), **held_as_head()))
    kinds = {str(server.server): server.kind for server in part.diff.servers}
    assert kinds["192.168.1.105:80"] == "added"
    assert kinds["192.168.1.104:80"] == "removed"


def test_a_service_that_is_gone():
    part = only_service(seen(**held_as_head()))
    assert (part.diff.kind, part.ours) == ("removed", True)


def test_a_service_of_ours_that_the_head_does_not_have():
    left = make_service(port=81)
    owned = HEAD.scope.with_services([left.key])
    part = only_service(seen(make_service(), left, owned=owned, **held_as_head()))
    assert (part.diff.kind, part.diff.service) == ("added", left)


def test_services_of_others_are_no_difference():
    assert not seen(make_service(), make_service(port=25), **held_as_head())


def test_a_service_of_the_head_that_another_program_put_there_is_one():
    owned = HEAD.scope._replace(services=frozenset())
    part = only_service(seen(make_service(), owned=owned, **held_as_head()))
    assert (part.diff.kind, part.ours) == ("same", False)


def test_a_timeout_that_differs():
    (part,) = seen(make_service(), timeouts=Timeouts(tcp=900)).settings
    assert (part.diff.name, part.diff.before, part.diff.after) == ("TCP timeout", "300 s", "900 s")


def test_what_the_head_leaves_open_is_the_hosts():
    assert not seen(make_service(), timeouts=Timeouts(300, 60, 60))


def test_a_daemon_that_the_head_forbids():
    head = make_table([make_service()], sync=())
    (part,) = seen(make_service(), head=head, sync=(SyncDaemon("backup", "eth0"),)).settings
    assert (part.diff.name, part.diff.before) == ("backup sync daemon", "none")


def test_the_digest_tells_one_difference_from_another():
    first = seen(make_service(servers=(WEB1,)), **held_as_head())
    again = seen(make_service(servers=(WEB1,)), make_service(port=25), **held_as_head())
    other = seen(make_service(servers=(WEB2,)), **held_as_head())
    assert first.digest == again.digest != other.digest
    owned = HEAD.scope._replace(services=frozenset())
    taken = seen(make_service(servers=(WEB1,)), owned=owned, **held_as_head())
    assert taken.digest != first.digest


def test_a_record_holds_only_what_differs():
    other = make_service(port=81)
    head = make_table([make_service(), other], Timeouts(tcp=300, udp=60))
    lighter = make_service(servers=(WEB1._replace(weight=0), WEB2))
    kernel = {"timeouts": Timeouts(tcp=900, udp=60), "head": head}
    before, after = documents_of(seen(lighter, other, **kernel))
    assert [service["port"] for service in before["services"]] == [80]
    assert after["services"][0]["real_servers"][0]["weight"] == 0
    assert (before["settings"], after["settings"]) == (
        {"TCP timeout": "300 s"},
        {"TCP timeout": "900 s"},
    )


def test_a_record_of_very_many_counts_the_rest():
    head = make_table([make_service(port=port) for port in range(1, 131)])
    before, after = documents_of(difference_of(head, everything(EMPTY), Scope()))
    assert len(before["services"]) == 100
    assert after == {"services": [], "more_services_that_differ": 30}


def test_the_summary_names_the_first_differences():
    lighter = make_service(servers=(WEB1._replace(weight=0), WEB2))
    assert seen(lighter, **held_as_head()).summary == (
        "192.168.1.103:80 of tcp 192.168.49.134:80 has weight 0 instead of 1"
    )
    owned = HEAD.scope._replace(services=frozenset())
    same = seen(make_service(), owned=owned, **held_as_head())
    assert "does not count all of it as ours" in same.summary
