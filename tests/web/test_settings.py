"""The form of a draft's settings: timeouts, sync daemons, sysctls."""

import re

import pytest

from apps.audit.models import AuditRecord
from apps.changes.selectors import table_of
from lvs.canonical_form import make_table
from lvs.model import EMPTY, RealServer
from lvs.rules import SYSCTLS
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.factories import (
    decide,
    make_cluster,
    make_director,
    make_draft,
    make_service,
    make_submitted,
    observe,
    put,
    tell,
)
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db

MASTER = SyncDaemon("master", "eth1", 7, 1472)
FULL = make_table(
    (),
    Timeouts(900, 120, 300),
    (),
    tuple(Sysctl(name, knob.default or "35328") for name, knob in SYSCTLS.items()),
)


def typed(**changes):
    """The form as a browser posts it when nothing is decided, with some fields typed otherwise."""
    data = {"sync-mode": "leave"}
    data |= {f"timeouts-{name}": "" for name in Timeouts._fields}
    for role in ("master", "backup"):
        data |= {f"{role}-interface": "", f"{role}-syncid": "0"}
        data |= {f"{role}-{name}": "" for name in ("maxlen", "group", "port", "ttl")}
    data |= {f"sysctls-{name}": "" for name in SYSCTLS}
    return data | {name.replace("__", "-"): value for name, value in changes.items()}


RUN = {
    "sync__mode": "run",
    "sync__master": "on",
    "master__interface": "eth1",
    "master__syncid": "7",
}


@pytest.fixture
def draft(operator, cluster):
    return make_draft(operator, cluster, make_service())


@pytest.fixture
def client(operator):
    return browser(operator)


def save(client, draft, **changes):
    draft.refresh_from_db()
    data = {"version": draft.version} | typed(**changes)
    return client.post(f"/changes/{draft.pk}/settings/", data)


def stored(draft):
    draft.refresh_from_db()
    return table_of(draft).settings


def test_settings_are_saved_beside_the_services(client, draft):
    response = save(client, draft, timeouts__tcp="300", **RUN, sysctls__conn_reuse_mode="1")
    assert response["Location"] == f"/changes/{draft.pk}/"
    assert stored(draft) == (Timeouts(tcp=300), (MASTER,), (Sysctl("conn_reuse_mode", "1"),))
    assert table_of(draft).services == (make_service(),)


def test_all_of_it_can_be_set_and_shows_again(client, draft):
    values = {name: knob.default or "1000" for name, knob in SYSCTLS.items()}
    everything = {f"sysctls__{name}": value for name, value in values.items()}
    everything |= {"timeouts__tcp": "1", "timeouts__tcp_fin": "2", "timeouts__udp": "3"}
    everything |= RUN | {"sync__backup": "on", "backup__interface": "eth2", "backup__syncid": "9"}
    everything |= {"backup__maxlen": "1200", "backup__group": "224.0.0.99", "backup__port": "9000"}
    everything |= {"backup__ttl": "4"}
    assert save(client, draft, **everything).status_code == 302
    timeouts, sync, sysctls = stored(draft)
    assert timeouts == Timeouts(1, 2, 3)
    assert sync == (MASTER, SyncDaemon("backup", "eth2", 9, 1200, "224.0.0.99", 9000, 4))
    assert dict(sysctls) == values
    page = client.get(f"/changes/{draft.pk}/settings/")
    shown = {
        field.html_name: field.value() for form in page.context["input"].forms for field in form
    }
    again = {"version": draft.version} | {
        n: str(v) for n, v in shown.items() if v not in (False, None)
    }
    before = draft.version
    assert client.post(f"/changes/{draft.pk}/settings/", again).status_code == 302
    draft.refresh_from_db()
    assert draft.version == before, "the form shows something else than what is stored"


def test_what_is_left_is_not_decided(client, draft):
    assert save(client, draft, timeouts__tcp="300", **RUN).status_code == 302
    assert save(client, draft).status_code == 302
    assert stored(draft) == (Timeouts(), None, ())


def test_no_daemon_may_run(client, draft):
    assert save(client, draft, sync__mode="none", sync__master="on").status_code == 302
    assert stored(draft)[1] == ()
    page = client.get(f"/changes/{draft.pk}/settings/").text
    assert re.search(r'value="none"[^>]*checked', page)


WRONG = [
    ({"timeouts__tcp": "x"}, "timeouts-tcp", "whole number"),
    ({"timeouts__udp": "9999999999"}, "timeouts-udp", "UDP timeout"),
    ({"sync__mode": "run"}, "sync-mode", "Choose master, backup, or both"),
    ({"sync__mode": "run", "sync__master": "on"}, "master-interface", "missing"),
    (RUN | {"master__interface": "not an interface"}, "master-interface", "no interface"),
    (RUN | {"master__syncid": "256"}, "master-syncid", "255"),
    (RUN | {"master__group": "10.0.0.1"}, "master-group", "no multicast address"),
    (RUN | {"master__ttl": "256"}, "master-ttl", "255"),
    (RUN | {"master__port": "70000"}, "master-port", "65535"),
    (
        {
            "sync__mode": "run",
            "sync__backup": "on",
            "backup__interface": "eth0",
            "backup__maxlen": "9",
        },
        "backup-maxlen",
        "1024",
    ),
    ({"sysctls__conn_reuse_mode": "9"}, "sysctls-conn_reuse_mode", "from 0 to 3"),
    ({"sysctls__drop_entry": "2"}, "sysctls-drop_entry", "0, 1 or 3"),
    ({"sysctls__sync_threshold": "50 3"}, "sysctls-sync_threshold", "below the second"),
    ({"sysctls__amemthresh": "lots"}, "sysctls-amemthresh", "whole number"),
]


@pytest.mark.parametrize(("wrong", "field", "says"), WRONG)
def test_each_error_stands_beside_its_field(client, draft, wrong, field, says):
    response = save(client, draft, **wrong)
    assert response.status_code == 422
    assert says in error_beside(response, field)
    assert "Nothing was saved yet" in text_of(response)
    assert stored(draft) == EMPTY.settings


@pytest.mark.parametrize(("wrong", "field", "says"), WRONG)
def test_each_error_shows_while_one_types(client, draft, wrong, field, says):
    response = client.post(f"/changes/{draft.pk}/settings/check/", typed(**wrong))
    assert response.status_code == 200
    found = error_beside(response, field)
    assert found == "" if says == "missing" else says in found


def test_checking_answers_with_error_slots_only(client, draft):
    page = client.post(f"/changes/{draft.pk}/settings/check/", typed(timeouts__tcp="x")).text
    assert "<input" not in page
    assert page.count("hx-swap-oob") == page.count(" id=")
    assert stored(draft) == EMPTY.settings


def test_nothing_that_was_typed_is_lost(client, draft):
    wrong = RUN | {"master__maxlen": "much", "timeouts__udp": "12x"}
    page = save(client, draft, **wrong).text
    for name, value in wrong.items():
        if value not in ("run", "on"):
            field = re.search(rf'<input[^>]*name="{name.replace("__", "-")}"[^>]*>', page)[0]
            assert f'value="{value}"' in field
    assert re.search(r'name="sync-master"[^>]*checked', page)
    assert (
        len(re.findall(r'<details class="fold" open>', page)) == 1
    )  # the master's, not the backup's


def test_what_stands_in_hidden_fields_means_nothing(client, draft):
    rubbish = {"master__interface": "a/b", "master__ttl": "x", "backup__syncid": "-1"}
    assert save(client, draft, timeouts__tcp="300", **rubbish).status_code == 302
    assert stored(draft) == (Timeouts(tcp=300), None, ())


def test_a_daemon_beside_a_service_of_mixed_families(client, operator, cluster):
    six = RealServer("2001:db8::1", 80, forwarding="tunnel")
    draft = make_draft(operator, cluster, make_service(servers=(six,)))
    response = save(client, draft, **RUN)
    assert response.status_code == 422
    assert "real server of the other address family" in error_beside(response, "sync-mode")


def test_what_each_director_has_now_stands_beside_the_field(client, operator):
    one, two, three = (make_director(f"lvs-{n}") for n in (1, 2, 3))
    observe(one, EMPTY, FULL)
    observe(two, EMPTY, FULL._replace(timeouts=Timeouts(60, 120, 300), sync=(MASTER,)))
    draft = make_draft(operator, make_cluster("wide", directors=[one, two, three]))
    page = text_of(client.get(f"/changes/{draft.pk}/settings/"))
    assert "Now: 900 s on lvs-1, 60 s on lvs-2, not reported by lvs-3." in page
    assert "Now: 120 s on lvs-1 and lvs-2, not reported by lvs-3." in page
    assert "none on lvs-1, master (interface eth1, sync id 7," in page
    assert "A fresh kernel has 3 50. Now: 3 50 on lvs-1 and lvs-2, not reported by lvs-3." in page
    assert "A fresh kernel chooses it by the host's memory. Now: 35328 on" in page


def test_interfaces_of_the_directors_are_offered(client, draft, cluster):
    tell(cluster.directors.get(), addresses=[{"interface": "bond0", "address": "10.0.0.1"}])
    page = client.get(f"/changes/{draft.pk}/settings/").text
    assert '<option value="bond0">' in page


def field(page, name):
    return re.search(rf'<(?:input|select)[^>]*name="{name}"[^>]*>', page)[0]


def test_what_a_director_can_not_do_is_off_with_the_reason(client, draft, cluster):
    director = cluster.directors.get()
    observe(director, EMPTY, make_table(sysctls=(Sysctl("conntrack", "0"),)))
    tell(director, kernel="3.10.0")
    response = client.get(f"/changes/{draft.pk}/settings/")
    assert " disabled" in field(response.text, "sysctls-pmtu_disc")
    assert " disabled" not in field(response.text, "sysctls-conntrack")
    assert f"Not on {director}: its kernel has no net.ipv4.vs.pmtu_disc." in text_of(response)
    assert " disabled" in field(response.text, "master-ttl")
    assert f"not on {director} (kernel 3.10): it needs 4.3" in text_of(response)
    assert " disabled" not in field(response.text, "master-interface")


def test_while_a_director_has_said_nothing_everything_is_on(client, operator):
    silent = make_cluster("silent", directors=[make_director(holds=None)])
    draft = make_draft(operator, silent)
    assert " disabled" not in client.get(f"/changes/{draft.pk}/settings/").text


def test_what_is_sent_nevertheless_is_refused_beside_its_field(client, draft, cluster):
    director = cluster.directors.get()
    observe(director, EMPTY, make_table(sysctls=(Sysctl("conntrack", "0"),)))
    tell(director, kernel="3.10.0")
    response = save(client, draft, sysctls__pmtu_disc="0", **(RUN | {"master__ttl": "4"}))
    assert response.status_code == 422
    assert "has no net.ipv4.vs.pmtu_disc" in error_beside(response, "sysctls-pmtu_disc")
    assert "it needs 4.3" in error_beside(response, "master-ttl")


def test_what_the_draft_holds_already_stays_with_a_warning(client, draft, cluster):
    decide(draft, sysctls=(Sysctl("pmtu_disc", "0"),))
    observe(cluster.directors.get(), EMPTY, make_table(sysctls=(Sysctl("conntrack", "0"),)))
    response = client.get(f"/changes/{draft.pk}/settings/")
    assert " disabled" not in field(response.text, "sysctls-pmtu_disc")
    assert "pmtu_disc is not on" in text_of(response)
    assert save(client, draft, sysctls__pmtu_disc="0", timeouts__tcp="300").status_code == 302


def test_two_tabs_do_not_overwrite_each_other(client, draft):
    version = draft.version
    put(draft, make_service(port=443))
    data = typed(timeouts__tcp="300") | {"version": version}
    response = client.post(f"/changes/{draft.pk}/settings/", data)
    assert response.status_code == 409
    assert "changed this draft" in text_of(response)
    assert 'value="300"' in field(response.text, "timeouts-tcp")
    draft.refresh_from_db()
    assert f'value="{draft.version}"' in field(response.text, "version")
    assert stored(draft) == EMPTY.settings


def test_nothing_is_recorded_when_nothing_differs(client, draft):
    assert save(client, draft).status_code == 302
    assert not AuditRecord.objects.filter(action="change.settings_edited").exists()


def test_only_the_author_edits(draft, viewer, approver, admin):
    for person in (viewer, approver, admin):
        client = browser(person)
        assert client.get(f"/changes/{draft.pk}/settings/").status_code == 403
        for path in ("", "check/"):
            response = client.post(f"/changes/{draft.pk}/settings/{path}", typed(timeouts__tcp="1"))
            assert response.status_code == 403
    assert stored(draft) == EMPTY.settings


def test_what_is_no_draft_is_not_edited(client, operator, cluster):
    change = make_submitted(operator, cluster)
    response = save(client, change, timeouts__tcp="300")
    assert response.status_code == 409
    assert "is in review: it can't be edited" in text_of(response).replace("&#x27;", "'")


def test_addresses_that_there_are_not(client, draft):
    assert client.get("/changes/999/settings/").status_code == 404
    assert client.post("/changes/999/settings/check/", typed()).status_code == 404
    assert client.get(f"/changes/{draft.pk}/settings/check/").status_code == 405


def test_more_directors_cost_no_more_queries(client, operator, django_assert_max_num_queries):
    draft = make_draft(operator, make_cluster("wide", directors=8))
    client.get(f"/changes/{draft.pk}/settings/")
    with django_assert_max_num_queries(12):
        client.get(f"/changes/{draft.pk}/settings/")
    with django_assert_max_num_queries(12):
        client.post(f"/changes/{draft.pk}/settings/check/", typed())


@pytest.mark.parametrize("form", ["settings/", "services/new/", "edit/"])
def test_forms_of_a_change_that_is_no_draft_lead_back_to_it(operator, cluster, form):
    change = make_submitted(operator, cluster)
    response = browser(operator).get(f"/changes/{change.pk}/{form}", follow=True)
    assert response.redirect_chain == [(f"/changes/{change.pk}/", 302)]
    assert "is in review: only a draft can be edited" in text_of(response)
