"""Importing a keepalived.conf with the files that it includes, and for one configuration id."""

import pytest

from apps.changes.models import Change
from apps.changes.selectors import table_of
from tests.web.conftest import browser, error_beside, text_of
from tests.web.test_imports import KEEPALIVED, URL, file, form

pytestmark = pytest.mark.django_db

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
    assert shown.context["form"].kept_files == ["a.conf"]
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
        "Line 2, “include conf.d/web.conf”: “conf.d/web.conf” is included here, and no such file was given: "
        "choose it too, or take this line out."
    )


def test_after_a_mistake_the_files_are_still_there(operator, cluster):
    text = b"include a.conf\ninclude b.conf\n"
    response = browser(operator).post(
        URL, form(source="file", file=file(text), included=included("a.conf"))
    )
    assert "“b.conf” is included here" in error_beside(response, "content")
    assert response.context["form"].kept_files == ["a.conf"]


def second_step(shown, **fields):
    """What a browser sends of the page as it is shown, with other fields."""
    page = shown.context["form"]
    kept = {"included_texts": page["included_texts"].value(), "included_names": page.kept_files}
    return form(content=page["content"].value()) | kept | fields


def test_a_folder_before_a_name_tells_which_line_means_it(operator, cluster):
    client = browser(operator)
    text = "include a/*.conf\ninclude b/*.conf\n"
    shown = client.post(URL, form(content=text, included=included("1.conf", "2.conf")))
    assert "1.conf may lie in “a/” or in “b/”" in error_beside(shown, "content")
    page = text_of(client.post(URL, second_step(shown, included_names=["a/1.conf", "b/2.conf"])))
    assert "2 virtual services" in page
    assert "b/2.conf, line 6" in page


def test_files_without_a_name_are_taken_out(operator, cluster):
    client = browser(operator)
    shown = client.post(
        URL, form(content=INCLUDING.decode(), included=included("a.conf", "b.conf"))
    )
    page = text_of(client.post(URL, second_step(shown, included_names=["", "b.conf"])))
    assert "1 virtual service with" in page
    response = client.post(URL, second_step(shown, included_names=["", " "]))
    assert "no such file was given" in error_beside(response, "content")


def test_two_names_that_are_the_same_are_refused(operator, cluster):
    client = browser(operator)
    shown = client.post(
        URL, form(content=INCLUDING.decode(), included=included("a.conf", "b.conf"))
    )
    response = client.post(URL, second_step(shown, included_names=["a.conf", "a.conf "]))
    assert "Two files are called a.conf" in error_beside(response, "included")


def test_a_file_that_no_line_includes_is_told(operator, cluster):
    page = text_of(
        browser(operator).post(URL, form(content=KEEPALIVED, included=included("x.conf")))
    )
    assert "x.conf was given, and no line includes it" in page


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


@pytest.mark.parametrize("kept", ["{", "[]", '{"a": 1}', "[" * 9000, '{"a": "\\ud800"}'])
def test_kept_files_that_were_bent_are_refused(operator, cluster, kept):
    response = browser(operator).post(URL, form(included_texts=kept))
    assert "Choose the files again" in error_beside(response, "included")


def test_a_configuration_id_chooses_lines(operator, cluster):
    text = KEEPALIVED.replace("    lb_algo rr", "    @main lb_algo sh")
    client = browser(operator)
    page = text_of(client.post(URL, form(content=text)))
    assert "a line for the configuration id “main” only: give yours as “Configuration id”" in page
    client.post(URL, form(content=text, config_id="main", act="open", title="Ours"))
    assert table_of(Change.objects.get()).services[0].scheduler == "sh"
