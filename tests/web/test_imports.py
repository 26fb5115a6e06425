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


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"\xff\xfe", "Line 1 is no UTF-8 text."), (b"-A -t 192.0.2.1:80\nbroken\n", "Line 2")],
)
def test_a_file_that_is_no_table_says_where(operator, cluster, data, said):
    response = browser(operator).post(URL, form(source="file", file=file(data)))
    assert response.status_code == 422
    assert said in error_beside(response, "file")


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


INCLUDING = b"include conf.d/*.conf\n"


def included(*names, text=KEEPALIVED):
    texts = (text.replace("192.0.2.1 ", f"192.0.2.{n} ") for n in range(1, len(names) + 1))
    return [file(text.encode(), name) for text, name in zip(texts, names, strict=True)]


def test_included_files_are_found_by_their_names(operator, cluster):
    fields = form(
        source="file", file=file(INCLUDING), included=included("a.conf", "b.conf", "c.txt")
    )
    page = text_of(browser(operator).post(URL, fields))
    assert "2 virtual services with 2 real servers" in page
    assert "a.conf, line 6" in page


def test_they_are_still_there_in_the_second_step(operator, cluster):
    client = browser(operator)
    fields = form(source="file", file=file(INCLUDING), included=included("a.conf"))
    shown = client.post(URL, fields)
    assert "Here already: a.conf" in text_of(shown)
    kept = shown.context["form"]["included_texts"].value()
    second = form(
        act="open", title="From keepalived", content=INCLUDING.decode(), included_texts=kept
    )
    client.post(URL, second)
    (service,) = table_of(Change.objects.get()).services
    assert str(service) == "tcp 192.0.2.1:80"


def test_a_file_that_is_missing_is_asked_for_with_the_line_that_includes_it(operator, cluster):
    response = browser(operator).post(URL, form(content="! all\ninclude conf.d/web.conf\n"))
    said = error_beside(response, "content")
    assert '<details class="fold inset" open>' in response.content.decode()
    assert said == (
        "Line 2, “include conf.d/web.conf”: “conf.d/web.conf” is included here: choose that file too."
    )


def test_a_mistake_in_an_included_file_is_told_beside_it(operator, cluster):
    wrong = included("a.conf", text=KEEPALIVED.replace("lb_algo rr", "lb_algo nonsense"))
    response = browser(operator).post(URL, form(content=INCLUDING.decode(), included=wrong))
    assert error_beside(response, "included").startswith("a.conf, line 2, “lb_algo nonsense”: ")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([file(b"\xff", "a.conf")], "a.conf, line 1 is no UTF-8 text."),
        (included("a.conf") + included("a.conf"), "Two files are called a.conf"),
        ([file(b"x" * (9 << 20), "a.conf")], "larger than 8 MiB"),
        ([file(b"x" * (8 << 20), "a.conf")], "With the text itself they are larger than 8 MiB."),
        (included(*(f"{n}.conf" for n in range(1, 101))), "At most 99 files."),
    ],
)
def test_included_files_that_can_not_be_taken_are_told(operator, cluster, files, said):
    response = browser(operator).post(URL, form(content=INCLUDING.decode(), included=files))
    assert response.status_code == 422
    assert said in error_beside(response, "included")


@pytest.mark.parametrize("kept", ["{", "[]", '{"a": 1}', "[" * 9000])
def test_kept_files_that_were_bent_are_refused(operator, cluster, kept):
    response = browser(operator).post(URL, form(included_texts=kept))
    assert "Choose the files again" in error_beside(response, "included")


def test_a_configuration_id_chooses_lines(operator, cluster):
    text = KEEPALIVED.replace("    lb_algo rr", "    @main lb_algo sh")
    client = browser(operator)
    page = text_of(client.post(URL, form(content=text)))
    assert "a line for the configuration id “main” only" in page
    client.post(URL, form(content=text, config_id="main", act="open", title="Ours"))
    assert table_of(Change.objects.get()).services[0].scheduler == "sh"


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
