"""Importing a table, on the page."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.changes.models import Change
from apps.changes.selectors import table_of
from apps.changes.services import submit_change
from lvs.canonical_form import make_table
from lvs.model import EMPTY
from lvs.settings import Sysctl, Timeouts
from tests.factories import (
    decide,
    make_applied,
    make_director,
    make_draft,
    make_service,
    make_submitted,
    observe,
)
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db

SAVED = "-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 192.0.2.9:80 -m -w 20\n"
URL = "/clusters/web/import/"


def form(**fields):
    return {"source": "text", "content": SAVED, "how": "merge", "act": "look"} | fields


def file(data, name="rules.save"):
    return SimpleUploadedFile(name, data)


def test_the_cluster_offers_it_to_operators_only(operator, viewer, cluster):
    assert URL in browser(operator).get("/clusters/web/").content.decode()
    assert URL not in browser(viewer).get("/clusters/web/").content.decode()
    assert browser(viewer).get(URL).status_code == 403


def test_a_first_look_stores_nothing(operator, cluster):
    response = browser(operator).post(URL, form())
    assert response.status_code == 200
    page = text_of(response)
    assert "1 virtual service with 1 real server, from pasted text" in page
    assert "tcp 192.0.2.1:80" in page
    assert not Change.objects.exists()


def test_then_a_draft_is_opened_with_it(operator, cluster):
    response = browser(operator).post(URL, form(act="open", title="From ipvsadm"))
    change = Change.objects.get()
    assert response["Location"] == f"/changes/{change.pk}/"
    assert [str(service) for service in table_of(change).services] == ["tcp 192.0.2.1:80"]


def test_a_file_is_shown_as_text_for_the_second_step(operator, cluster):
    client = browser(operator)
    response = client.post(URL, form(source="file", content="", file=file(SAVED.encode())))
    page = response.content.decode()
    assert "from file rules.save" in text_of(response)
    assert "-A -t 192.0.2.1:80 -s wrr" in page
    assert 'value="rules.save"' in page
    client.post(URL, form(act="open", title="From a file", file_name="rules.save"))
    assert Change.objects.get().title == "From a file"


def test_a_file_that_is_no_text_says_where(operator, cluster):
    response = browser(operator).post(URL, form(source="file", file=file(b"\xff\xfe")))
    assert response.status_code == 422
    assert error_beside(response, "file") == "Line 1 is no UTF-8 text."


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"# x\r\n# \0", "Line 2 has a null character, which no text has."),
        (b"x" * (8 << 20) + b"x", "The file is larger than 8 MiB."),
        (b"#" + b"\xff" * (4 << 20), "The file is larger than 8 MiB."),
    ],
)
def test_a_file_that_can_not_be_taken_says_why(operator, cluster, data, said):
    response = browser(operator).post(URL, form(source="file", file=file(data)))
    assert error_beside(response, "file") == said


def test_a_pasted_text_that_is_too_large_says_so(operator, cluster):
    response = browser(operator).post(URL, form(content="ü" * (4 << 20) + "x"))
    assert error_beside(response, "content") == "The text is larger than 8 MiB."


def test_what_was_taken_once_is_taken_again_with_the_line_ends_of_browsers(operator, cluster):
    client = browser(operator)
    data = SAVED + "\n" * ((8 << 20) - len(SAVED))
    shown = client.post(URL, form(source="file", content="", file=file(data.encode())))
    assert shown.status_code == 200
    content = shown.context["form"]["content"].value().replace("\n", "\r\n")
    response = client.post(URL, form(content=content, act="open", title="Large"))
    assert response["Location"] == f"/changes/{Change.objects.get().pk}/"


def test_a_file_with_a_long_name_is_taken(operator, cluster):
    client = browser(operator)
    name = "n" * 250 + ".save"
    shown = client.post(URL, form(source="file", content="", file=file(SAVED.encode(), name)))
    assert shown.context["form"]["file_name"].value() == name
    response = client.post(URL, form(act="open", title="Long", file_name=name))
    assert response.status_code == 302


def test_a_name_that_no_file_has_is_cut(operator, cluster):
    page = text_of(browser(operator).post(URL, form(file_name="n" * 300)))
    assert f"from file {'n' * 255} " in page


def test_a_file_that_is_no_table_is_shown_as_text_with_what_is_wrong(operator, cluster):
    wrong = b"-A -t 192.0.2.1:80\nbroken\n"
    response = browser(operator).post(URL, form(source="file", content="", file=file(wrong)))
    assert response.status_code == 422
    assert "Line 2" in error_beside(response, "content")
    shown = response.context["form"]
    assert (shown["source"].value(), shown["content"].value()) == ("text", wrong.decode())


def test_nothing_is_half_imported(operator, cluster):
    broken = SAVED + "-a -t 192.0.2.7:80 -r 192.0.2.9:80\n"
    response = browser(operator).post(URL, form(content=broken, act="open", title="Half"))
    assert response.status_code == 422
    assert "Line 3, “-a -t 192.0.2.7:80" in error_beside(response, "content")
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"source": "file"}, "file"),
        ({"content": "  "}, "content"),
        ({"source": "director"}, "director"),
        ({"act": "open"}, "title"),
    ],
)
def test_what_is_missing_is_asked_for(operator, cluster, fields, name):
    response = browser(operator).post(URL, form(**fields))
    assert response.status_code == 422
    assert error_beside(response, name)


def test_what_a_director_holds_is_adopted(operator, cluster):
    director = cluster.directors.get()
    live = make_table([make_service()], Timeouts(700, 120, 300), (), (Sysctl("conntrack", "1"),))
    observe(director, EMPTY, foreign=live)
    fields = {"source": "director", "director": director.pk, "title": "Adopt", "act": "open"}
    browser(operator).post(URL, form(**fields, settings="on"))
    assert table_of(Change.objects.get()) == live._replace(sync=None)


def test_a_director_that_never_reported_has_nothing_to_adopt(operator, cluster):
    silent = make_director("silent", holds=None)
    silent.cluster = cluster
    silent.save()
    response = browser(operator).post(URL, form(source="director", director=silent.pk))
    assert "has not reported" in error_beside(response, "director")


def test_a_director_of_another_cluster_can_not_be_chosen(operator, cluster):
    response = browser(operator).post(URL, form(source="director", director=make_director().pk))
    assert response.status_code == 422
    assert error_beside(response, "director")


def test_a_file_name_is_harmless(operator, cluster):
    data = file(SAVED.encode(), "<script>x</script>.save")
    response = browser(operator).post(URL, form(source="file", file=data))
    assert "<script>x" not in response.content.decode()


KEEPALIVED = """virtual_server 192.0.2.1 80 {
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 192.0.2.9 80 {
        TCP_CHECK { connect_timeout 3 }
    }
}
"""


def test_names_of_hosts_are_refused_with_the_command_that_looks_them_up(operator, cluster):
    page = form(content=SAVED.replace("192.0.2.9", "web1.example"))
    said = error_beside(browser(operator).post(URL, page), "content")
    assert "run `python -m lvs convert --resolve --to yaml FILE` on a director" in said


def test_what_a_table_can_not_hold_is_named_with_its_line(operator, cluster):
    page = text_of(browser(operator).post(URL, form(content=KEEPALIVED)))
    assert "Left behind: 1 thing that a table can't hold" in page
    assert "line 6" in page


def test_a_reason_given_with_it_is_the_drafts(operator, cluster):
    browser(operator).post(URL, form(act="open", title="From ipvsadm", reason="We move in"))
    assert Change.objects.get().reason == "We move in"


def test_settings_that_are_new_are_told_as_new(operator, cluster):
    page = text_of(browser(operator).post(URL, form(content="--set 900 60 300\n")))
    assert "TCP FIN timeout 60 s newly set" in page


def test_what_the_cluster_has_already_makes_no_draft(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    client = browser(operator)
    same = client.get("/clusters/web/export/?format=ipvsadm&download=yes").content.decode()
    page = text_of(client.post(URL, form(content=same)))
    assert "the table that the cluster has already" in page
    assert "Open a draft" not in page


def test_an_error_ends_with_one_full_stop(operator, cluster):
    wrong = KEEPALIVED.replace("lb_algo rr", "lb_algo nonsense")
    assert not error_beside(browser(operator).post(URL, form(content=wrong)), "content").endswith(
        ".."
    )


def test_a_format_may_be_named(operator, cluster):
    response = browser(operator).post(URL, form(content=KEEPALIVED, format="json"))
    assert "JSON" in error_beside(response, "content")


def test_the_head_goes_out_in_each_format(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    client = browser(operator)
    for name, begins in (
        ("yaml", "services:"),
        ("json", "{"),
        ("ipvsadm", "-A -t 192.168.49.134:80"),
        ("keepalived", ""),
        ("ldirectord", ""),
    ):
        address = f"/clusters/web/export/?format={name}"
        assert "192.168.49.134" in text_of(client.get(address))
        file = client.get(f"{address}&download=yes")
        assert file.content.decode().startswith(begins)
        assert f'filename="web.{name}' in file["Content-Disposition"]


def test_what_a_format_can_not_carry_is_said_before_the_download(operator, approver, cluster):
    draft = make_draft(operator, cluster, make_service())
    draft = decide(draft, sysctls=(Sysctl("expire_nodest_conn", "1"),))
    make_applied(submit_change(actor=operator, change=draft), approver)
    page = text_of(browser(operator).get("/clusters/web/export/?format=ldirectord"))
    assert "This format can't carry" in page
    assert "expire_nodest_conn" in page


def test_a_format_that_is_none_is_not_found(viewer, cluster):
    assert browser(viewer).get("/clusters/web/export/?format=xml").status_code == 404
