"""The page of a draft: side by side against the head, problems with their fields, what moved, the list."""

import re

import pytest

from apps.changes import services
from apps.changes.models import Change
from apps.inventory.models import Cluster
from lvs.canonical_form import make_table
from lvs.documents import table_to_document
from lvs.model import RealServer
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.factories import (
    WEB1,
    WEB2,
    decide,
    make_applied,
    make_cluster,
    make_draft,
    make_service,
    make_submitted,
    make_user,
    put,
    tell,
)
from tests.web.conftest import browser, text_of

pytestmark = pytest.mark.django_db


def page_of(user, change, ask=""):
    return browser(user).get(f"/changes/{change.pk}/{ask}")


def holding(change, *table):
    """The draft holds these services, whatever is wrong with them."""
    document = table_to_document(make_table(table))
    Change.objects.filter(pk=change.pk).update(table=document)
    return change


@pytest.fixture
def head(operator, approver, cluster):
    """The head has HTTP and HTTPS."""
    change = make_submitted(operator, cluster, make_service(80), make_service(443))
    return make_applied(change, approver)


# --- side by side -------------------------------------------------------------------------------


def test_what_differs_stands_beside_what_was(operator, cluster, head):
    servers = (WEB1._replace(weight=5), RealServer("192.168.1.109", 80))
    draft = make_draft(operator, cluster, make_service(80, "wlc", servers=servers))
    page = page_of(operator, draft)
    text = text_of(page)
    assert "1 of 2 services differs from revision 1, the head of now" in text
    assert "Scheduler changed rr wlc" in text
    assert "192.168.1.103:80 changed masquerade, weight 1 masquerade, weight 5" in text
    assert "192.168.1.104:80 removed masquerade, weight 1 – not there" in text
    assert "192.168.1.109:80 added – not there masquerade, weight 1" in text
    assert "1 other service stays as it is." in text
    assert '<del class="was">rr</del>' in page.text
    assert '<ins class="now">5</ins>' in page.text


def test_real_servers_that_stay_are_counted(operator, cluster, head):
    draft = make_draft(operator, cluster, make_service(80, servers=(WEB1._replace(weight=5), WEB2)))
    assert "1 real server more stays as it is." in text_of(page_of(operator, draft))


def test_with_many_services_the_next_ones_are_asked_for(operator, cluster):
    draft = make_draft(operator, cluster)
    holding(draft, *(make_service(port) for port in range(1, 101)))
    page = page_of(operator, draft)
    (address,) = re.findall(r'hx-get="([^"]+part=diff[^"]+)"', page.text)
    first = int(re.search(r"first=(\d+)", address)[1])
    shown = re.findall(r'<span class="name">tcp [^<]+:(\d+)</span>', page.text)
    assert list(map(int, shown)) == list(range(1, first + 1))
    assert f"{100 - first} of 100 are left" in text_of(page)
    more = browser(operator).get(address.replace("&amp;", "&"))
    assert f"192.168.49.134:{first + 1}</span>" in more.text
    assert browser(operator).get(f"/changes/{draft.pk}/?part=diff&first=100").status_code == 404


def test_what_the_head_changed_is_no_edit_of_the_draft(operator, approver, cluster, head):
    draft = make_draft(operator, cluster, make_service(8080))
    make_applied(make_submitted(operator, cluster, make_service(443, "wlc")), approver)
    text = text_of(page_of(operator, draft))
    assert "1 of 3 services differs from revision 2, the head of now" in text
    assert "tcp 192.168.49.134:8080 added" in text
    assert "Scheduler changed" not in text


def test_a_new_head_tells_the_pages_of_drafts(
    operator, approver, cluster, monkeypatch, django_capture_on_commit_callbacks
):
    draft = make_draft(operator, cluster)
    other = make_submitted(operator, cluster)
    told = []
    monkeypatch.setattr("apps.telemetry.push._announce_now", told.append)
    with django_capture_on_commit_callbacks(execute=True):
        make_applied(other, approver)
    assert f"change.{draft.pk}" in told


# --- problems -----------------------------------------------------------------------------------

SIX = RealServer("2001:db8::1", 80, "tunnel", tunnel_type="gue")
WRONG = [
    (make_service(address="0.0.0.0"), "address"),
    (make_service(port=70000), "port"),
    (make_service(scheduler="nosuch"), "scheduler"),
    (make_service(flags=("sh-port",)), "scheduler"),
    (make_service(persistence=300, netmask="255.0.255.0"), "netmask"),
    (make_service(one_packet=True), "one_packet"),
    (make_service(servers=(WEB1, WEB2._replace(weight=-1))), "servers-1-weight"),
    (
        make_service(servers=(WEB1._replace(upper_threshold=1, lower_threshold=2),)),
        "servers-0-lower",
    ),
    (make_service(servers=(SIX,)), "servers-0-tunnel_port"),
]


@pytest.mark.parametrize(("service", "field"), WRONG)
def test_each_problem_leads_to_its_field(service, field, operator, cluster):
    draft = holding(make_draft(operator, cluster), service)
    page = page_of(operator, draft)
    links = re.findall(r'<a class="mono"\s+href="(/changes/[^"]+)#(id_[^"]+)"', page.text)
    (address,) = {address for address, place in links if place.startswith(f"id_{field}")}
    form = browser(operator).get(address).text
    for _, place in links:
        assert f'id="{place}"' in form


def test_problems_of_settings_lead_to_their_fields(operator, cluster):
    draft = decide(make_draft(operator, cluster), sync=(SyncDaemon("backup", "eth0"),))
    document = draft.table | {"timeouts": {"tcp": -5}, "sysctls": {"conntrack": 7}}
    document["sync"][0]["syncid"] = 999
    Change.objects.filter(pk=draft.pk).update(table=document)
    links = re.findall(
        r'href="(/changes/[^"]+/settings/)#(id_[^"]+)"', page_of(operator, draft).text
    )
    assert {place for _, place in links} == {
        "id_timeouts-tcp",
        "id_sysctls-conntrack",
        "id_backup-syncid",
    }
    form = browser(operator).get(links[0][0]).text
    assert all(f'id="{place}"' in form for _, place in links)


def test_errors_come_before_hints_and_all_are_counted(operator, cluster):
    draft = holding(
        make_draft(operator, cluster),
        *(make_service(port, servers=()) for port in range(1, 31)),
        make_service(port=70000),
    )
    page = page_of(operator, draft)
    text = text_of(page)
    assert "1 error to mend before you submit, and 30 hints" in text
    assert text.index("Error tcp 192.168.49.134:70000") < text.index("Hint tcp 192.168.49.134:1 :")
    assert "Show the next ones: 11 are left" in text
    more = page_of(operator, draft, "?part=problems&first=20")
    assert text_of(more).count("Hint") == 11
    assert page_of(operator, draft, "?part=problems&first=40").status_code == 404


def test_the_claim_of_another_cluster_stands_beside_the_address(operator, approver, cluster):
    mail = make_cluster("mail")
    for number, director in enumerate((cluster.directors.get(), mail.directors.get())):
        place = {"interface": "eth0", "address": f"192.168.49.{number + 1}", "prefix": 24}
        tell(director, addresses=[place])
    make_applied(make_submitted(operator, mail), approver)
    draft = make_draft(operator, cluster, make_service())
    page = page_of(operator, draft)
    assert "Error tcp 192.168.49.134:80 : Cluster mail claims tcp 192.168.49.134:80" in text_of(
        page
    )
    address = f"/changes/{draft.pk}/services/tcp-192.168.49.134-80/#id_address"
    assert f'href="{address}"' in page.text


def test_reviewers_see_that_another_change_in_review_claims_the_same(operator, approver, cluster):
    mail = make_cluster("mail")
    ours, theirs = make_submitted(operator, cluster), make_submitted(operator, mail)
    for number, director in enumerate((cluster.directors.get(), mail.directors.get())):
        place = {"interface": "eth0", "address": f"192.168.49.{number + 1}", "prefix": 24}
        tell(director, addresses=[place])
    text = text_of(page_of(approver, ours))
    assert "1 hint: worth a look before it is approved" in text
    assert f"Change #{theirs.pk} of cluster mail (in review) claims" in text


# --- what moved ---------------------------------------------------------------------------------


@pytest.fixture
def moved(operator, approver, cluster, head):
    """A draft under which someone else's change was applied."""
    draft = make_draft(operator, cluster, make_service(8080))
    other = make_user("operator", "otto", "Otto Lind")
    change = decide(
        make_draft(other, cluster, make_service(443, "wlc"), title="Otto was quicker"),
        timeouts=Timeouts(tcp=600),
        sysctls=(Sysctl("conntrack", "1"),),
    )
    make_applied(services.submit_change(actor=other, change=change), approver)
    return draft


def test_it_is_said_who_changed_what_under_the_draft(viewer, moved):
    other = Change.objects.get(title="Otto was quicker")
    text = text_of(page_of(viewer, moved))
    assert "web has moved on since this draft was opened." in text
    assert "It began from revision 1; the head is revision 2 now." in text
    assert (
        f"Revision 2: change {other.pk}, Otto was quicker by Otto Lind, approved by Adil Khan"
        in text
    )
    changed = "tcp 192.168.49.134:443 , TCP timeout , net.ipv4.vs.conntrack"
    assert f"It changed {changed} ." in text
    assert "Bring the draft up to date" not in text


def test_without_clashes_one_click_brings_it_up_to_date(operator, cluster, moved):
    page = page_of(operator, moved)
    assert "Bring the draft up to date" in text_of(page)
    assert "Submit for review </button>" not in " ".join(page.text.split())
    data = {"version": moved.version, "head": Cluster.objects.get().head_id}
    answer = browser(operator).post(f"/changes/{moved.pk}/rebase/", data)
    assert answer["Location"] == f"/changes/{moved.pk}/"
    moved.refresh_from_db()
    assert moved.base_id == data["head"]


# --- the list of services -----------------------------------------------------------------------


@pytest.fixture
def long(operator, cluster):
    draft = make_draft(operator, cluster)
    return holding(draft, *(make_service(port) for port in range(1, 61)))


def listed(page):
    return [
        int(port) for port in re.findall(r'name="key"\s+value="tcp-[0-9.]+-(\d+)"\s+aria', page)
    ]


def test_services_are_listed_a_page_at_a_time(operator, long):
    part = page_of(operator, long, "?part=services&page=2").text
    assert listed(part) == list(range(26, 51))
    assert "Page 2 of 3" in part
    assert "<html" not in part


def test_a_filter_narrows_the_list(operator, long):
    page = page_of(operator, long, "?q=134:5")
    assert listed(page.text) == [5, *range(50, 60)]
    assert "60, 11 of them with “134:5”" in text_of(page)
    assert "No service matches “x”." in text_of(page_of(operator, long, "?part=services&q=x"))


def test_what_is_ticked_stays_ticked_on_other_pages_and_after_news(operator, long):
    keys = "key=tcp-192.168.49.134-2&key=tcp-192.168.49.134-30&key=nonsense"
    for part in ("services", "body&mark=old"):
        page = page_of(operator, long, f"?part={part}&page=2&every=on&server=10.0.0.1&{keys}").text
        assert '<input type="hidden" name="key" value="tcp-192.168.49.134-2">' in page
        assert re.search(r'value="tcp-192.168.49.134-30"\s+aria-label="[^"]+"\s+checked', page)
        assert "nonsense" not in page
        assert re.search(r'id="every-service"\s+checked', page)
        assert 'value="10.0.0.1"' in page


def test_only_its_author_gets_the_list(viewer, operator, long):
    assert "draft-services" not in page_of(viewer, long).text
    assert page_of(viewer, long, "?part=services").status_code == 404
    services.withdraw_change(actor=operator, change=long)
    assert page_of(operator, long, "?part=services").status_code == 404


def test_a_service_is_cloned_into_the_form_of_a_new_one(operator, cluster):
    service = make_service(scheduler="mh", flags=("mh-port",), persistence=90)
    draft = make_draft(operator, cluster, service)
    address = f"/changes/{draft.pk}/services/new/?like=tcp-192.168.49.134-80"
    assert f'href="{address}"' in page_of(operator, draft).text
    page = browser(operator).get(address)
    assert "Add a virtual service like tcp 192.168.49.134:80" in text_of(page)
    for name, value in (("port", "80"), ("persistence", "90"), ("servers-1-address", WEB2.address)):
        assert re.search(rf'<input[^>]*name="{name}"[^>]*value="{value}"', page.text)
    assert re.search(r'name="old_key"\s+value=""', page.text)
    draft.refresh_from_db()
    assert draft.version == 2  # nothing was stored


def test_a_clone_of_what_is_not_there_is_an_empty_form(operator, cluster):
    draft = make_draft(operator, cluster)
    page = browser(operator).get(f"/changes/{draft.pk}/services/new/?like=rubbish")
    assert page.status_code == 200
    assert "Add a virtual service</h1>" in page.text


def test_services_are_removed_one_by_one_too(operator, cluster):
    draft = put(make_draft(operator, cluster, make_service(80)), make_service(443))
    data = {"version": draft.version, "text": "", "page": "1", "key": "tcp-192.168.49.134-443"}
    browser(operator).post(f"/changes/{draft.pk}/services/tcp-192.168.49.134-80/delete/", data)
    draft.refresh_from_db()
    assert [service["port"] for service in draft.table["services"]] == [443]
