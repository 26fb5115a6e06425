"""Every option of `ipvsadm -A` and `-a` can be reached in the form, and what a director can't do is off."""

import re

import pytest

from tests.factories import make_draft, make_service, tell
from tests.web.conftest import browser, error_beside, text_of
from tests.web.test_services import add, row, stored, typed

pytestmark = pytest.mark.django_db

GUE = {"forwarding": "tunnel", "tunnel_type": "gue", "tunnel_port": "6080"}
GRE = {"forwarding": "tunnel", "tunnel_type": "gre"}
STICKY = {"persistent": "on", "persistence": "60"}
MARK = {"kind": "fwmark", "fwmark": "7", "port": "", "address": ""}
NO_PORT = {"servers__0__port": "0", "servers__1__port": "0"}
SIX = {"servers__0__address": "2001:db8::a", "servers__1__address": "2001:db8::b"}


@pytest.fixture
def draft(operator, cluster):
    return make_draft(operator, cluster)


@pytest.fixture
def client(operator):
    return browser(operator)


def first_server(**fields):
    return {f"servers__0__{name}": value for name, value in fields.items()}


OPTIONS = [
    ("-t 192.168.49.134:80", {}),
    ("-u 192.168.49.134:80", {"protocol": "udp"}),
    ("--sctp-service 192.168.49.134:80", {"protocol": "sctp"}),
    ("-f 7", MARK | NO_PORT),
    ("-f 7 -6", MARK | NO_PORT | SIX | {"family": "inet6"}),
    ("-s twos", {"scheduler": "twos"}),
    ("-p 60", STICKY),
    ("-p 60 -M 255.255.255.0", STICKY | {"netmask": "255.255.255.0"}),
    ("--pe sip", STICKY | {"protocol": "udp", "persistence_engine": "sip"}),
    ("-o", {"protocol": "udp", "one_packet": "on"}),
    ("-b sh-fallback,sh-port", {"scheduler": "sh", "flag_fallback": "on", "flag_port": "on"}),
    ("-b flag-1,flag-2,flag-3", {"flag_1": "on", "flag_2": "on", "flag_3": "on"}),
    ("-r 192.168.1.103:80 -m", {}),
    ("-r 192.168.1.103:80 -g", first_server(forwarding="direct")),
    ("-r 192.168.1.103:80 -i", first_server(forwarding="tunnel")),
    ("-w 20", first_server(weight="20")),
    ("-x 100 -y 50", first_server(upper_threshold="100", lower_threshold="50")),
    ("--tun-type gue --tun-port 6080 --tun-nocsum", first_server(**GUE)),
    ("--tun-type gue --tun-port 6080 --tun-csum", first_server(**GUE, tunnel_checksum="csum")),
    (
        "--tun-type gue --tun-port 6080 --tun-remcsum",
        first_server(**GUE, tunnel_checksum="remcsum"),
    ),
    ("--tun-type gre --tun-csum", first_server(**GRE, tunnel_checksum="csum")),
]


def shown_field(shown, name):
    """The field of a page by its name as `typed` takes it."""
    if "__" not in name:
        return shown.form[name]
    _, number, field = name.split("__")
    return shown.rows[int(number)][field]


@pytest.mark.parametrize(("option", "fields"), OPTIONS, ids=[option for option, _ in OPTIONS])
def test_each_option_of_ipvsadm_can_be_reached_and_shows_again(client, draft, option, fields):
    assert add(client, draft, typed(**fields)).status_code == 302
    steps = text_of(client.get(f"/changes/{draft.pk}/"))
    assert f" {option} " in steps
    draft.refresh_from_db()
    path = re.search(
        r"/changes/\d+/services/(?!new)[^/\"]+/", client.get(f"/changes/{draft.pk}/").text
    )
    page = client.get(path[0])
    for name, value in fields.items():
        field = shown_field(page.context["input"], name)
        assert field.value() in (value, True) or str(field.value()) == value, name


def test_a_tunnel_of_any_kind_is_kept_by_an_edit_of_something_else(client, operator, cluster):
    server = (
        make_service()
        .real_servers[0]
        ._replace(
            forwarding="tunnel", tunnel_type="gue", tunnel_port=7000, tunnel_checksum="remcsum"
        )
    )
    draft = make_draft(operator, cluster, make_service(servers=(server,)))
    path = f"/changes/{draft.pk}/services/tcp-192.168.49.134-80/"
    form = client.get(path).context["input"]
    data = {field.html_name: field.value() for row in form.rows for field in row}
    data |= typed(scheduler="wlc", version=str(draft.version)) | data
    data = {name: value for name, value in data.items() if not name.startswith("servers-1")}
    assert client.post(path, data).status_code == 302
    assert stored(draft)[0].real_servers == (server,)
    assert stored(draft)[0].scheduler == "wlc"


WRONG = [
    (GUE | {"tunnel_port": "0"}, "tunnel_port", "from 1 to 65535"),
    (GUE | {"tunnel_port": ""}, "tunnel_port", "from 1 to 65535"),
    (GUE | {"tunnel_port": "x"}, "tunnel_port", "whole number"),
    (GRE | {"tunnel_checksum": "remcsum"}, "tunnel_checksum", "gre has no checksum remcsum"),
    (GRE | {"tunnel_type": "vxlan"}, "tunnel_type", "vxlan"),
]


@pytest.mark.parametrize(("fields", "name", "says"), WRONG)
def test_what_is_wrong_with_a_tunnel_stands_beside_its_field(client, draft, fields, name, says):
    response = add(client, draft, typed(**first_server(**fields)))
    assert response.status_code == 422
    assert says in error_beside(response, f"servers-0-{name}")


def test_tunnel_fields_that_do_not_apply_are_hidden_and_ignored(client, draft):
    rest = {"tunnel_port": "nonsense", "tunnel_checksum": "remcsum"}
    data = typed(**first_server(tunnel_type="gue", **rest))
    data |= row(1, "192.168.1.104", forwarding="tunnel", tunnel_type="ipip", **rest)
    assert add(client, draft, data).status_code == 302
    plain, tunnel = stored(draft)[0].real_servers
    assert plain == make_service().real_servers[0]
    assert tunnel == make_service().real_servers[1]._replace(forwarding="tunnel")
    page = client.get(f"/changes/{draft.pk}/services/new/").text
    hidden = re.findall(
        r'hidden\s+data-show-when="([^"]+)"|data-show-when="([^"]+)"\s+hidden', page
    )
    assert ("", "servers-0-forwarding=tunnel") in hidden
    assert (
        "remcsum" in re.search(r'<option[^>]*data-offer-when="servers-0-tunnel_type=gue"', page)[0]
    )


def option(page, select, value):
    inside = re.search(rf'<select name="{select}".*?</select>', page, re.S)[0]
    return re.search(rf'<option value="{value}".*?</option>', inside, re.S)[0]


def test_what_a_director_can_not_do_is_off_with_the_reason(client, draft, cluster):
    director = cluster.directors.get()
    tell(director, kernel="4.19.0")
    page = client.get(f"/changes/{draft.pk}/services/new/").text
    mh = option(page, "scheduler", "mh")
    assert " disabled" in mh
    assert f"(not on {director}: its kernel has no ip_vs_mh)" in mh
    assert " disabled" not in option(page, "scheduler", "wlc")
    gre = option(page, "servers-0-tunnel_type", "gre")
    assert " disabled" in gre
    assert f"(not on {director} (kernel 4.19): it needs 5.3)" in gre
    assert " disabled" in option(page, "servers-__n__-tunnel_checksum", "csum")
    assert " disabled" not in option(page, "servers-0-tunnel_type", "ipip")


def test_engine_protocol_and_family_that_a_director_can_not_do_are_off(client, draft, cluster):
    director = cluster.directors.get()
    tell(director, lacks=["inet6", "sctp", "sip"])
    page = client.get(f"/changes/{draft.pk}/services/new/").text
    for name, value, what in (
        ("protocol", "sctp", "no SCTP in its IPVS"),
        ("family", "inet6", "no IPv6 in its IPVS"),
        ("persistence_engine", "sip", "no ip_vs_pe_sip"),
    ):
        found = option(page, name, value)
        assert " disabled" in found
        assert f"(not on {director}: its kernel has {what})" in found
    assert " disabled" not in option(page, "protocol", "udp")


def test_an_ipv6_address_that_a_director_can_not_do_is_refused_beside_it(client, draft, cluster):
    tell(cluster.directors.get(), lacks=["inet6"])
    response = add(client, draft, typed(address="2001:db8::1", **SIX))
    assert "no IPv6 in its IPVS. Take IPv4." in error_beside(response, "address")
    assert stored(draft) == ()


def test_while_a_director_has_said_nothing_everything_is_on(client, draft):
    page = client.get(f"/changes/{draft.pk}/services/new/").text
    assert not re.search(r"<option[^>]* disabled", page)


def test_what_is_sent_nevertheless_is_refused_beside_its_field(client, draft, cluster):
    tell(cluster.directors.get(), kernel="4.19.0")
    data = typed(scheduler="mh", **first_server(**GUE))
    for response in (
        add(client, draft, data),
        client.post(f"/changes/{draft.pk}/services/check/", data),
    ):
        assert "its kernel has no ip_vs_mh" in error_beside(response, "scheduler")
        assert "it needs 5.2" in error_beside(response, "servers-0-tunnel_type")
    assert stored(draft) == ()
    # What was chosen is still chosen, and would be sent again.
    page = add(client, draft, data).text
    assert " selected" in option(page, "scheduler", "mh")
    assert " disabled" not in option(page, "scheduler", "mh")


def test_what_the_draft_holds_already_stays_with_a_warning(client, operator, cluster):
    draft = make_draft(operator, cluster, make_service(scheduler="mh"))
    tell(cluster.directors.get())
    path = f"/changes/{draft.pk}/services/tcp-192.168.49.134-80/"
    page = client.get(path)
    assert " disabled" not in option(page.text, "scheduler", "mh")
    assert "its kernel has no ip_vs_mh. Choose another." in text_of(page)
    checked = client.post(f"/changes/{draft.pk}/services/check/", typed(scheduler="rr")).text
    assert "ip_vs_mh" not in checked
    data = typed(scheduler="mh", servers__0__weight="5", version=str(draft.version))
    assert client.post(path, data).status_code == 302
    assert stored(draft)[0].real_servers[0].weight == 5
    assert "mh is not on" in text_of(client.get(f"/changes/{draft.pk}/"))


def test_more_directors_cost_no_more_queries(client, operator, django_assert_max_num_queries):
    from tests.factories import make_cluster

    draft = make_draft(operator, make_cluster("wide", directors=8))
    path = f"/changes/{draft.pk}/services/"
    client.get(f"{path}new/")
    with django_assert_max_num_queries(12):
        client.get(f"{path}new/")
    with django_assert_max_num_queries(12):
        client.post(f"{path}check/", typed())
