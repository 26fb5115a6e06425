"""Settings on the pages of changes, clusters and directors, and in the audit log."""

import re

import pytest

from apps.changes.services import submit_change
from apps.inventory.models import Director
from lvs.canonical_form import make_table
from lvs.model import EMPTY, RealServer
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.factories import (
    decide,
    make_applied,
    make_draft,
    make_service,
    observe,
    put,
)
from tests.web.conftest import browser, text_of

pytestmark = pytest.mark.django_db

MASTER = SyncDaemon("master", "eth1", 7, 1472)
NODEST = Sysctl("expire_nodest_conn", "1")
ALL = {"timeouts": Timeouts(tcp=300), "sync": (MASTER,), "sysctls": (NODEST,)}


def settings_draft(operator, cluster, **settings):
    return decide(make_draft(operator, cluster), **(settings or ALL))


def page_of(user, change):
    return browser(user).get(f"/changes/{change.pk}/")


def commands(page):
    return re.findall(r"<code>([^<]+)</code>", page.text.replace("&#x27;", "'"))


@pytest.fixture
def applied(operator, approver, cluster):
    """The head decides ALL, and has the tutorial's service."""
    change = put(settings_draft(operator, cluster), make_service())
    return make_applied(submit_change(actor=operator, change=change), approver)


def test_a_draft_shows_what_it_decides_and_where_to_edit_it(operator, cluster):
    change = settings_draft(operator, cluster)
    page = page_of(operator, change)
    text = text_of(page)
    assert "TCP timeout 300 s newly set" in text
    assert "master sync daemon interface eth1, sync id 7, message length 1472 bytes" in text
    assert "net.ipv4.vs.expire_nodest_conn 1 newly set" in text
    assert page.text.count(f'href="/changes/{change.pk}/settings/"') == 1


def test_an_empty_draft_offers_services_and_settings(operator, cluster):
    change = make_draft(operator, cluster)
    page = page_of(operator, change)
    assert "No virtual service yet" in text_of(page)
    assert f'href="/changes/{change.pk}/settings/"' in page.text
    assert f'href="/changes/{change.pk}/services/new/"' in page.text


def test_a_draft_with_services_offers_settings(operator, cluster):
    change = make_draft(operator, cluster, make_service())
    assert f'href="/changes/{change.pk}/settings/"' in page_of(operator, change).text


def test_nobody_else_is_offered_the_edit(viewer, operator, cluster):
    change = settings_draft(operator, cluster)
    page = page_of(viewer, change)
    assert "TCP timeout 300 s" in text_of(page)
    assert "/settings/" not in page.text


def test_the_plan_has_each_step_with_its_command(operator, cluster):
    page = page_of(operator, settings_draft(operator, cluster))
    assert commands(page) == [
        "sysctl -w net.ipv4.vs.expire_nodest_conn=1",
        "ipvsadm --set 300 0 0",
        "ipvsadm --start-daemon master --mcast-interface eth1 --syncid 7 --sync-maxlen 1472 "
        "--mcast-group 224.0.0.81 --mcast-port 8848 --mcast-ttl 1",
    ]
    text = text_of(page)
    assert "Set net.ipv4.vs.expire_nodest_conn to 1" in text
    assert "Set the TCP timeout to 300 s" in text
    assert "No step ends a connection" in text


def test_a_directors_plan_says_from_what_to_what(operator, approver, cluster):
    held = make_table((), Timeouts(900, 120, 300), (MASTER,), (NODEST._replace(value="0"),))
    observe(cluster.directors.get(), EMPTY, held)
    change = settings_draft(operator, cluster, **ALL | {"sync": (MASTER._replace(syncid=8),)})
    change = submit_change(actor=operator, change=change, adopt=True)
    text = text_of(page_of(approver, change))
    assert "Stop the master sync daemon on eth1 ipvsadm --stop-daemon master" in text
    assert "Set net.ipv4.vs.expire_nodest_conn from 0 to 1" in text
    assert "Set the TCP timeout from 900 s to 300 s" in text
    assert "Start the master sync daemon with interface eth1, sync id 8" in text
    assert "Taken over" in text


def test_differences_are_shown_setting_by_setting(operator, approver, cluster, applied):
    change = decide(
        make_draft(operator, cluster),
        timeouts=Timeouts(tcp=600),
        sync=(MASTER._replace(interface="eth2"),),
        sysctls=(),
    )
    change = submit_change(actor=operator, change=change)
    text = text_of(page_of(approver, change))
    assert "TCP timeout 300 s → becomes 600 s changed" in text
    assert "Interface: eth1 → becomes eth2" in text
    assert "expire_nodest_conn 1 → becomes each director keeps what it has no longer set" in text
    assert "no virtual service does" in text
    assert "The table is the same as before" not in text


def test_settings_that_stay_are_shown_in_a_draft_only(operator, approver, cluster, applied):
    change = put(make_draft(operator, cluster), make_service(443))
    assert "TCP timeout 300 s unchanged" in text_of(page_of(operator, change))
    change = submit_change(actor=operator, change=change)
    assert "TCP timeout" not in text_of(page_of(approver, change))


def test_problems_lead_to_where_they_are_mended(operator, cluster):
    change = settings_draft(operator, cluster)
    six = RealServer("2001:db8::1", 80, forwarding="tunnel")
    change = put(change, make_service(servers=(six,)))
    page = page_of(operator, change)
    assert "the kernel runs no sync daemon" in text_of(page)
    assert re.search(
        rf'<a class="mono"\s+href="/changes/{change.pk}/settings/">Settings</a>', page.text
    )
    empty = put(change, make_service(port=443, servers=()))
    page = page_of(operator, empty)
    assert f'href="/changes/{change.pk}/services/tcp-192.168.49.134-443/">tcp' in page.text


def test_the_cluster_shows_what_its_head_decides(viewer, cluster, applied):
    text = text_of(browser(viewer).get("/clusters/web/"))
    assert "Settings TCP timeout 300 s" in text
    assert "net.ipv4.vs.expire_nodest_conn 1" in text
    part = browser(viewer).get(f"/clusters/{cluster.pk}/parts/settings/")
    assert "TCP timeout" in text_of(part)
    assert "<html" not in part.text


def test_a_cluster_that_decides_none_says_nothing_of_them(viewer, cluster):
    page = browser(viewer).get("/clusters/web/").text
    card = re.search(r'<div class="card"\s+id="cluster-settings".*?>', page, re.S)[0]
    assert "hidden" in card


def director_page(user):
    director = Director.objects.get()
    return browser(user).get(f"/directors/{director.uuid}/")


def rows(page):
    items = re.findall(
        r'<li class="(is-other|)">\s*<span class="name">(.*?)</span>(.*?)</li>', page.text, re.S
    )
    return {
        name: (mark, " ".join(re.sub("<[^>]+>", " ", text).split())) for mark, name, text in items
    }


def test_a_director_shows_all_its_settings_and_marks_those_that_somebody_set(viewer, cluster):
    held = make_table(
        (),
        Timeouts(60, 120, 300),
        (MASTER,),
        (NODEST, Sysctl("conntrack", "0"), Sysctl("sync_qlen_max", "35328")),
    )
    observe(cluster.directors.get(), EMPTY, held)
    shown = rows(director_page(viewer))
    assert shown["TCP timeout"] == ("is-other", "60 s fresh: 900 s")
    assert shown["UDP timeout"] == ("", "300 s")
    assert shown["master sync daemon"][0] == "is-other"
    assert shown["backup sync daemon"] == ("", "none")
    assert shown["net.ipv4.vs.expire_nodest_conn"] == ("is-other", "1 fresh: 0")
    assert shown["net.ipv4.vs.conntrack"] == ("", "0")
    assert shown["net.ipv4.vs.sync_qlen_max"] == ("", "35328")


def test_a_director_that_drifts_in_its_settings_says_so(viewer, cluster, applied):
    held = make_table((make_service(),), Timeouts(900, 120, 300), (MASTER,), (NODEST,))
    observe(cluster.directors.get(), held)
    page = director_page(viewer)
    assert "the head has 300 s" in text_of(page)
    assert "Its kernel is not as revision 1 has it" in text_of(page)
    assert "TCP timeout is “900 s” instead of “300 s”" in text_of(page)
    assert rows(page)["net.ipv4.vs.expire_nodest_conn"][1] == "1 fresh: 0 set by the head"


def test_a_director_that_never_spoke_has_no_settings(viewer, cluster):
    from tests.factories import make_director

    director = make_director(holds=None)
    page = browser(viewer).get(f"/directors/{director.uuid}/")
    assert "Its settings" not in text_of(page)


def test_the_audit_log_has_them_line_by_line(operator, cluster):
    change = settings_draft(operator, cluster)
    decide(change, timeouts=Timeouts(tcp=600), sync=())
    text = text_of(browser(operator).get("/audit/?text=settings_edited"))
    assert "timeouts.tcp 300 600" in text
    assert "sync.master daemon.interface" in text
