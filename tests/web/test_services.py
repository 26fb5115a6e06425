"""The form of a virtual service: errors beside fields, nothing lost, checks as one types."""

import re

import pytest

from apps.changes.models import Change
from apps.changes.selectors import table_of
from lvs.model import RealServer
from tests.factories import make_draft, make_service
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db


def typed(**changes):
    """The tutorial's service as a browser posts it, with some fields typed otherwise."""
    data = {
        "kind": "address",
        "protocol": "tcp",
        "address": "192.168.49.134",
        "port": "80",
        "fwmark": "",
        "family": "inet",
        "scheduler": "rr",
        "persistence": "300",
        "netmask": "",
        "persistence_engine": "",
        "old_key": "",
    }
    for number, address in enumerate(("192.168.1.103", "192.168.1.104")):
        data |= row(number, address)
    return data | {name.replace("__", "-"): value for name, value in changes.items()}


def row(number, address, port="80", **changes):
    fields = {"address": address, "port": port, "weight": "1", "forwarding": "masquerade"}
    fields |= {"upper_threshold": "0", "lower_threshold": "0"} | changes
    return {f"servers-{number}-{name}": value for name, value in fields.items()}


@pytest.fixture
def draft(operator, cluster):
    return make_draft(operator, cluster)


@pytest.fixture
def client(operator):
    return browser(operator)


def add(client, draft, data):
    draft.refresh_from_db()
    data = {"version": draft.version, **data}
    return client.post(f"/changes/{draft.pk}/services/new/", data)


def stored(draft):
    draft.refresh_from_db()
    return table_of(draft).services


def test_a_service_is_added(client, draft):
    response = add(client, draft, typed())
    assert response["Location"] == f"/changes/{draft.pk}/"
    assert stored(draft) == (make_service(),)


WRONG = [
    ({"address": "192.168.49.1340"}, "address", "192.168.49.1340"),
    ({"address": ""}, "address", "Address is missing."),
    ({"port": "0"}, "port", "Port 0"),
    ({"port": "70000"}, "port", "65535"),
    ({"port": "http"}, "port", "whole number"),
    ({"scheduler": "best"}, "scheduler", "best"),
    ({"persistent": "on", "persistence": "0"}, "persistence", "at least 1 second"),
    ({"persistent": "on", "persistence": "99999999"}, "persistence", "Persistence"),
    ({"persistent": "on", "netmask": "255.0.255.0"}, "netmask", "netmask"),
    ({"kind": "fwmark", "fwmark": ""}, "fwmark", "missing"),
    ({"kind": "fwmark", "fwmark": "0"}, "fwmark", "firewall mark"),
    ({"servers__1__address": "web-2"}, "servers-1-address", "web-2"),
    ({"servers__1__port": "70000"}, "servers-1-port", "65535"),
    ({"servers__1__address": "192.168.1.103"}, "servers-1-address", "already"),
    ({"servers__0__weight": "-1"}, "servers-0-weight", "weight"),
    (
        {"servers__0__upper_threshold": "10", "servers__0__lower_threshold": "20"},
        "servers-0-lower_threshold",
        "threshold",
    ),
    ({"servers__1__forwarding": "direct", "servers__1__port": "8080"}, "servers-1-port", "port"),
]


@pytest.mark.parametrize(("wrong", "field", "says"), WRONG)
def test_each_error_stands_beside_its_field(client, draft, wrong, field, says):
    response = add(client, draft, typed(**wrong))
    assert response.status_code == 422
    assert says.lower() in error_beside(response, field).lower()
    assert stored(draft) == ()


@pytest.mark.parametrize(("wrong", "field", "says"), WRONG)
def test_each_error_shows_while_one_types(client, draft, wrong, field, says):
    response = client.post(f"/changes/{draft.pk}/services/check/", typed(**wrong))
    assert response.status_code == 200
    if "missing" in says:
        assert error_beside(response, field) == ""  # empty: the person is still on the way
    else:
        assert says.lower() in error_beside(response, field).lower()


def test_checking_answers_with_error_slots_only(client, draft):
    page = client.post(f"/changes/{draft.pk}/services/check/", typed(port="0")).content.decode()
    assert "<input" not in page
    assert page.count("hx-swap-oob") == page.count(" id=")
    assert stored(draft) == ()


def test_nothing_that_was_typed_is_lost(client, draft):
    data = typed(port="70000", netmask="255.255.0.0", persistent="on", servers__1__weight="007x")
    data |= row(7, "10.0.0.7", "", upper_threshold="abc")
    page = add(client, draft, data).content.decode()
    for name in ("address", "port", "netmask", "servers-1-weight", "servers-7-address"):
        assert re.search(rf'<input[^>]*name="{name}"[^>]*value="{re.escape(data[name])}"', page), (
            name
        )
    assert 'value="abc"' in page
    assert re.search(r'<input[^>]*name="persistent"[^>]*checked', page)


def test_a_wrong_field_is_marked_for_screen_readers(client, draft):
    page = add(client, draft, typed(port="70000")).content.decode()
    field = re.search(r'<input[^>]*name="port"[^>]*>', page)[0]
    assert 'aria-invalid="true"' in field
    assert "err-port" in re.search(r'aria-describedby="([^"]+)"', field)[1]


def test_the_same_service_twice(client, operator, cluster):
    draft = make_draft(operator, cluster, make_service())
    response = add(client, draft, typed(address=" 192.168.49.134 "))
    assert response.status_code == 422
    assert "already" in error_beside(response, "address")
    assert len(stored(draft)) == 1


def test_an_edit_may_keep_its_own_address(client, operator, cluster):
    draft = make_draft(operator, cluster, make_service())
    path = f"/changes/{draft.pk}/services/tcp-192.168.49.134-80/"
    data = typed(scheduler="wrr", servers__0__weight="20", servers__1__weight="10")
    assert client.post(path, data | {"version": draft.version}).status_code == 302
    assert [server.weight for server in stored(draft)[0].real_servers] == [20, 10]
    assert stored(draft)[0].scheduler == "wrr"


def test_rows_may_be_added_removed_and_left_empty(client, draft):
    data = {k: v for k, v in typed().items() if not k.startswith("servers-0")}
    data |= row(5, "192.168.1.109", "8080") | row(6, "", "")
    assert add(client, draft, data).status_code == 302
    assert stored(draft)[0].real_servers == (
        RealServer("192.168.1.104", 80),
        RealServer("192.168.1.109", 8080),
    )


def test_fields_that_do_not_apply_are_hidden_and_ignored(client, draft):
    data = typed(netmask="nonsense", persistence="", fwmark="x", one_packet="on", flag_port="on")
    assert add(client, draft, data).status_code == 302
    assert stored(draft) == (make_service(),)
    page = client.get(f"/changes/{draft.pk}/services/new/").content.decode()
    hidden = re.findall(r'hidden\s+data-show-when="([^"]+)"', page)
    assert {"kind=fwmark", "persistent=on", "scheduler=sh,mh", "udp=yes"} <= set(hidden)


def test_everything_that_a_service_can_be(client, draft):
    data = typed(
        protocol="udp", address="2001:DB8::1", scheduler="mh", flag_fallback="on", flag_port="on"
    )
    data |= {"persistent": "on", "persistence": "60", "netmask": "64", "one_packet": "on"}
    data |= {"persistence_engine": "sip"} | row(0, "2001:db8::a") | row(1, "2001:db8::b")
    assert add(client, draft, data).status_code == 302
    service = stored(draft)[0]
    assert (service.family, service.address) == ("inet6", "2001:db8::1")
    assert service.flags == ("mh-fallback", "mh-port")
    assert (service.persistence, service.netmask, service.persistence_engine) == (60, "64", "sip")
    assert service.one_packet
    # The form shows all of it again.
    page = client.get(f"/changes/{draft.pk}/services/udp-2001:db8::1-80/").content.decode()
    assert re.search(r'name="flag_fallback"[^>]*checked', page)
    assert re.search(r'name="netmask"[^>]*value="64"', page)


def test_a_firewall_mark(client, draft):
    data = typed(kind="fwmark", fwmark="7", family="inet", address="", port="")
    assert add(client, draft, data).status_code == 302
    assert stored(draft)[0].fwmark == 7
    assert client.get(f"/changes/{draft.pk}/services/fwmark-7-inet/").status_code == 200


def test_flags_without_a_name_show_and_stay_while_they_are_ticked(client, operator, cluster):
    draft = make_draft(operator, cluster, make_service(flags=("flag-1", "flag-3")))
    path = f"/changes/{draft.pk}/services/tcp-192.168.49.134-80/"
    page = client.get(path).content.decode()
    ticked = re.findall(r'name="(flag_[^"]+)"[^>]*checked', page)
    assert ticked == ["flag_1", "flag_3"]
    client.post(path, typed(flag_3="on") | {"version": draft.version})
    assert stored(draft)[0].flags == ("flag-3",)


def test_flags_that_do_not_show_for_the_scheduler_are_ignored(client, draft):
    flags = {f"flag_{name}": "on" for name in ("1", "2", "3", "fallback", "port")}
    assert add(client, draft, typed(scheduler="sh", **flags)).status_code == 302
    assert stored(draft)[0].flags == ("sh-fallback", "sh-port", "flag-3")


def test_two_tabs_do_not_overwrite_each_other(client, draft):
    version = draft.version
    assert add(client, draft, typed(port="443")).status_code == 302
    late = typed(port="8080") | {"version": version}
    response = client.post(f"/changes/{draft.pk}/services/new/", late)
    assert response.status_code == 409
    assert "changed this draft" in text_of(response)
    assert "change.service_added" in text_of(response)
    page = response.content.decode()
    assert re.search(r'name="port"[^>]*value="8080"', page)
    draft.refresh_from_db()
    assert re.search(rf'name="version"[^>]*value="{draft.version}"', page)


def test_a_service_that_is_gone(client, operator, cluster):
    draft = make_draft(operator, cluster, make_service())
    path = f"/changes/{draft.pk}/services/tcp-192.168.49.134-80/"
    assert client.post(f"{path}delete/", {"version": draft.version}).status_code == 302
    assert stored(draft) == ()
    for gone in (path, f"/changes/{draft.pk}/services/rubbish/"):
        assert client.get(gone).status_code == 404


def test_deleting_needs_a_post(client, operator, cluster):
    draft = make_draft(operator, cluster, make_service())
    path = f"/changes/{draft.pk}/services/tcp-192.168.49.134-80/delete/"
    assert client.get(path)["Location"] == f"/changes/{draft.pk}/"
    assert table_of(Change.objects.get(pk=draft.pk)).services
    assert client.get(f"/changes/{draft.pk}/services/check/").status_code == 405


def test_only_the_author_edits(draft, viewer, approver, admin):
    for person in (viewer, approver, admin):
        client = browser(person)
        for path in ("new/", "check/"):
            response = client.post(f"/changes/{draft.pk}/services/{path}", typed())
            assert response.status_code == 403
    assert stored(draft) == ()


def test_a_service_may_have_hundreds_of_real_servers(operator, cluster):
    change = make_draft(operator, cluster)
    data = {"kind": "address", "protocol": "tcp", "address": "192.0.2.1", "port": "80"}
    data |= {"family": "inet", "scheduler": "rr", "version": change.version}
    for number in range(200):
        server = {"address": f"10.0.0.{number + 1}", "port": 80, "weight": 1}
        server |= {"forwarding": "masquerade", "upper_threshold": 0, "lower_threshold": 0}
        data |= {f"servers-{number}-{name}": value for name, value in server.items()}
    response = browser(operator).post(f"/changes/{change.pk}/services/new/", data)
    assert response.status_code == 302


def test_more_real_servers_than_a_service_takes_are_refused_and_kept(draft, client, monkeypatch):
    monkeypatch.setattr("apps.web.forms.service_input.MOST_SERVERS", 10)
    data = typed(version=str(draft.version))
    for number in range(11):
        data |= row(number, f"10.0.0.{number + 1}")
    response = client.post(f"/changes/{draft.pk}/services/new/", data)
    assert response.status_code == 422
    assert "These are 11 real servers: a service takes 10 here." in text_of(response)
    assert 'value="10.0.0.11"' in response.text
    assert stored(draft) == ()


def test_an_edit_of_a_service_that_was_removed_meanwhile_is_kept(client, operator, cluster):
    draft = make_draft(operator, cluster, make_service())
    path = f"/changes/{draft.pk}/services/tcp-192.168.49.134-80/"
    client.post(f"{path}delete/", {"version": draft.version})  # in another window
    draft.refresh_from_db()
    data = typed(version=str(draft.version), scheduler="wlc", old_key="tcp-192.168.49.134-80")
    response = client.post(path, data)
    assert response.status_code == 409
    assert "no longer in the draft" in text_of(response)
    assert f'action="/changes/{draft.pk}/services/new/"' in response.text
    assert client.post(f"/changes/{draft.pk}/services/new/", data).status_code == 302
    assert [service.scheduler for service in stored(draft)] == ["wlc"]
