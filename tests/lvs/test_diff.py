from hypothesis import given

from lvs.canonical_form import make_table
from lvs.diff import FieldDiff, diff_tables
from lvs.model import EMPTY
from lvs.plan import make_plan
from tests.lvs.examples import SERVERS, TUTORIAL, WEB, marked, table_of, with_servers
from tests.lvs.strategies import edited_tables, tables


@given(tables())
def test_a_table_does_not_differ_from_itself(table):
    for service in diff_tables(table, table):
        assert (service.kind, service.fields) == ("same", ())
        assert all((s.kind, s.fields) == ("same", ()) for s in service.servers)


@given(edited_tables())
def test_a_diff_holds_both_tables(pair):
    before, after = pair
    found = diff_tables(before, after)

    kept = [s.service for s in found if s.kind != "removed"]
    assert make_table(kept) == after
    assert {s.service.key for s in found} == before.by_key().keys() | after.by_key().keys()
    assert {s.service.key for s in found if s.kind == "removed"} == (
        before.by_key().keys() - after.by_key().keys()
    )


@given(edited_tables())
def test_a_diff_names_something_exactly_where_a_plan_has_steps(pair):
    touched = {service.service.key for service in diff_tables(*pair) if service.kind != "same"}
    assert touched == {step.service.key for step in make_plan(*pair)}


def test_a_change_names_its_fields_before_and_after():
    after = table_of(
        with_servers(SERVERS[0]._replace(weight=20, upper_threshold=100), scheduler="wrr")
    )

    (service,) = diff_tables(TUTORIAL, after)

    assert service.kind == "changed"
    assert service.fields == (FieldDiff("scheduler", "rr", "wrr"),)
    assert [(s.kind, str(s.server)) for s in service.servers] == [
        ("changed", "192.168.1.103:80"),
        ("removed", "192.168.1.104:80"),
    ]
    assert service.servers[0].fields == (
        FieldDiff("weight", "1", "20"),
        FieldDiff("upper threshold", "none", "100"),
    )


def test_a_service_of_which_only_real_servers_changed_is_changed_too():
    (service,) = diff_tables(TUTORIAL, table_of(with_servers(SERVERS[0])))
    assert (service.kind, service.fields) == ("changed", ())


def test_added_and_removed_services_bring_their_real_servers():
    mark = marked(7)
    added, removed = diff_tables(table_of(mark), TUTORIAL)
    assert (added.kind, added.service) == ("added", WEB)
    assert [s.kind for s in added.servers] == ["added", "added"]
    assert (removed.kind, removed.service) == ("removed", mark)
    assert diff_tables(EMPTY, EMPTY) == ()
