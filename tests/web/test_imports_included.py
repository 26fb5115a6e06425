"""Importing a keepalived.conf with the files that it includes, and for one configuration id."""

from html.parser import HTMLParser

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


class Page(HTMLParser):
    """The values of a page's inputs, as a browser sends them: lines end with CR LF."""

    def __init__(self, response):
        super().__init__()
        self.values = {"included_names": [], "included_texts": [], "file_name": []}
        self.feed(response.content.decode())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "input" and attrs.get("name") in self.values:
            value = (attrs.get("value") or "").replace("\n", "\r\n")
            self.values[attrs["name"]].append(value)


def names_on(response):
    return Page(response).values["included_names"]


def next_step(response, **fields):
    """What a browser sends of the page as it is shown, with other fields."""
    content = response.context["form"]["content"].value() or ""
    return form(content=content.replace("\n", "\r\n")) | Page(response).values | fields


def test_included_files_are_found_by_their_names(operator, cluster):
    fields = form(
        source="file", file=file(INCLUDING), included=included("a.conf", "b.conf", "c.txt")
    )
    page = text_of(browser(operator).post(URL, fields))
    assert "2 virtual services with 2 real servers" in page
    assert "a.conf, line 6" in page


def test_they_are_still_there_in_the_second_step(operator, cluster):
    client = browser(operator)
    fields = form(source="file", content="", file=file(INCLUDING), included=included("a.conf"))
    shown = client.post(URL, fields)
    client.post(URL, next_step(shown, act="open", title="From keepalived"))
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


@pytest.mark.parametrize(
    "wrong",
    [
        {"content": "include a.conf\ninclude b.conf\n"},
        {"content": ""},
        {"content": "", "source": "file"},
        {"content": "x\0y"},
        {"content": "x" * ((8 << 20) + 1)},
        {"format": "nonsense"},
    ],
)
def test_after_a_mistake_the_files_are_still_there(operator, cluster, wrong):
    client = browser(operator)
    response = client.post(URL, form(included=included("a.conf")) | wrong)
    assert response.status_code == 422
    mended = next_step(response, content="include a.conf\n")
    assert "tcp 192.0.2.1:80" in text_of(client.post(URL, mended))


def test_a_mistake_in_the_names_keeps_the_chosen_file_too(operator, cluster):
    client = browser(operator)
    twice = included("a.conf") + included("a.conf")
    chosen = form(source="file", content="", file=file(INCLUDING), included=twice)
    response = client.post(URL, chosen)
    assert names_on(response) == ["a.conf", "a.conf"]
    assert response.context["form"]["content"].value() == INCLUDING.decode()


def test_a_folder_before_a_name_tells_which_line_means_it(operator, cluster):
    client = browser(operator)
    text = "include a/*.conf\ninclude b/*.conf\n"
    shown = client.post(URL, form(content=text, included=included("1.conf", "2.conf")))
    assert "1.conf may lie in “a/” or in “b/”" in error_beside(shown, "content")
    page = text_of(client.post(URL, next_step(shown, included_names=["a/1.conf", "b/2.conf"])))
    assert "2 virtual services" in page
    assert "b/2.conf, line 6" in page


def test_a_text_stays_with_the_name_that_was_written_for_it(operator, cluster):
    client = browser(operator)
    text = "include z/x.conf\ninclude b/y.conf\n"
    shown = client.post(URL, form(content=text, included=included("1.conf", "2.conf")))
    renamed = {"included_names": ["z/x.conf", "b/y.conf"], "source": "file"}
    shown = client.post(URL, next_step(shown, **renamed))
    assert error_beside(shown, "file") == "Choose a file."
    shown = client.post(URL, next_step(shown, content=text, act="open", title="Two"))
    first, second = table_of(Change.objects.get()).services
    assert (str(first), str(second)) == ("tcp 192.0.2.1:80", "tcp 192.0.2.2:80")


def test_a_file_beside_the_text_and_files_in_a_folder_need_no_names(operator, cluster):
    text = "include global.conf\ninclude conf.d/*.conf\n"
    files = [file(b"global_defs {\n}\n", "global.conf"), *included("web.conf")]
    page = text_of(browser(operator).post(URL, form(content=text, included=files)))
    assert "1 virtual service with" in page


def test_files_without_a_name_are_taken_out(operator, cluster):
    client = browser(operator)
    chosen = form(content=INCLUDING.decode(), included=included("a.conf", "b.conf"))
    shown = client.post(URL, chosen)
    response = client.post(URL, next_step(shown, included_names=["", "b.conf"]))
    assert names_on(response) == ["b.conf"]
    assert "1 virtual service with" in text_of(response)
    response = client.post(URL, next_step(shown, included_names=["", " "]))
    assert "no such file was given" in error_beside(response, "content")


def chosen_again(client, shown, text, **fields):
    """The page after a file of the same name as one that is there was chosen."""
    mended = [file(text.encode(), "a.conf")]
    return client.post(URL, next_step(shown, included=mended) | fields)


def test_a_file_that_was_mended_takes_the_place_of_the_one_that_is_taken_out(operator, cluster):
    client = browser(operator)
    wrong = included("a.conf", text=KEEPALIVED.replace("lb_algo rr", "lb_algo nonsense"))
    shown = client.post(URL, form(content=INCLUDING.decode(), included=wrong))
    response = chosen_again(client, shown, KEEPALIVED)
    assert error_beside(response, "included") == (
        "2 files are called a.conf: write before each name below its folder, "
        "or take out the name of one that is old."
    )
    response = client.post(URL, next_step(response, included_names=["", "a.conf"]))
    assert "1 virtual service with" in text_of(response)


def test_files_of_one_name_are_taken_folder_by_folder(operator, cluster):
    client = browser(operator)
    text = "include sites/*/a.conf\n"
    shown = client.post(URL, form(content=text, included=included("a.conf")))
    assert "write that of a.conf before its name" in error_beside(shown, "content")
    named = {"included_names": ["sites/web/a.conf"]}
    shown = chosen_again(client, shown, KEEPALIVED.replace("2.1", "2.2"), **named)
    assert names_on(shown) == ["sites/web/a.conf", "a.conf"]
    named = {"included_names": ["sites/web/a.conf", "sites/mail/a.conf"]}
    assert "2 virtual services" in text_of(client.post(URL, next_step(shown, **named)))


def test_a_file_that_was_chosen_again_and_is_the_same_is_there_once(operator, cluster):
    client = browser(operator)
    shown = client.post(URL, form(content=INCLUDING.decode(), included=included("a.conf")))
    assert names_on(chosen_again(client, shown, KEEPALIVED)) == ["a.conf"]


def test_an_old_text_beside_its_new_one_is_not_taken(operator, cluster):
    client = browser(operator)
    shown = client.post(URL, form(content=INCLUDING.decode(), included=included("a.conf")))
    named = {"included_names": ["conf.d/a.conf"]}
    response = chosen_again(client, shown, KEEPALIVED.replace("2.1", "2.2"), **named)
    assert error_beside(response, "included") == (
        "No line includes a.conf, but one includes conf.d/a.conf: "
        "take out the name of the one that is old."
    )
    assert "8 lines, new" in text_of(response)


def test_two_names_that_are_the_same_are_refused_and_can_be_mended(operator, cluster):
    client = browser(operator)
    shown = client.post(
        URL, form(content=INCLUDING.decode(), included=included("a.conf", "b.conf"))
    )
    response = client.post(URL, next_step(shown, included_names=["a.conf", "a.conf "]))
    assert "2 files are called a.conf" in error_beside(response, "included")
    response = client.post(URL, next_step(response, included_names=["a.conf", "b.conf"]))
    assert "2 virtual services" in text_of(response)


def test_a_file_that_no_line_includes_is_told(operator, cluster):
    page = text_of(
        browser(operator).post(URL, form(content=KEEPALIVED, included=included("x.conf")))
    )
    assert "x.conf was given, and no line includes it" in page


def test_a_mistake_in_an_included_file_is_told_beside_it(operator, cluster):
    wrong = included("a.conf", text=KEEPALIVED.replace("lb_algo rr", "lb_algo nonsense"))
    response = browser(operator).post(URL, form(content=INCLUDING.decode(), included=wrong))
    assert error_beside(response, "included").startswith("a.conf, line 2, “lb_algo nonsense”: ")


LONG = "n" * 250 + ".conf"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([file(b"\xff", "a.conf")], "a.conf, line 1 is no UTF-8 text."),
        ([file(b"# x\n# \0", "a.conf")], "a.conf, line 2 has a null character"),
        (included("a.conf") + included("a.conf"), "2 files are called a.conf"),
        ([file(b"x" * (9 << 20), "a.conf")], "larger than 8 MiB: none of them was taken."),
        ([file(b"x" * (8 << 20), "a.conf")], "With the text itself they are larger than 8 MiB"),
        ([file(b"#" + b"\xff" * (4 << 20), "a.conf")], "they are larger than 8 MiB"),
        (included(*(f"{n}.conf" for n in range(201))), "201 files are here: at most 200"),
    ],
)
def test_included_files_that_can_not_be_taken_are_told(operator, cluster, files, said):
    response = browser(operator).post(URL, form(content=INCLUDING.decode(), included=files))
    assert response.status_code == 422
    assert said in error_beside(response, "included")


def test_a_file_that_can_not_be_taken_takes_no_other_with_it(operator, cluster):
    files = [file(b"\xff", "a.conf"), *included("b.conf")]
    response = browser(operator).post(URL, form(content=INCLUDING.decode(), included=files))
    assert names_on(response) == ["b.conf"]


def test_too_many_files_for_one_request_get_a_page_that_says_so(operator, cluster):
    many = [file(b"x", f"{number}.conf") for number in range(1_001)]
    response = browser(operator).post(URL, form(included=many))
    assert response.status_code == 400
    assert "larger than the console takes at once" in text_of(response)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([LONG + "x"], "A name has at most 255 characters"),
        (["a\0b"], "A name has no control characters"),
        ([], "Choose the included files again: they did not arrive whole."),
        (["a", "b"], "Choose the included files again: they did not arrive whole."),
    ],
)
def test_names_that_can_not_be_are_refused(operator, cluster, names, said):
    response = browser(operator).post(URL, form(included_names=names, included_texts=["x"]))
    assert said in error_beside(response, "included")


def test_a_long_name_is_taken_whole(operator, cluster):
    client = browser(operator)
    shown = client.post(URL, form(content=INCLUDING.decode(), included=included(LONG)))
    response = client.post(URL, next_step(shown))
    assert response.status_code == 200
    assert names_on(response) == [LONG]


@pytest.mark.parametrize("elsewhere", [{"source": "director"}, {"format": "ipvsadm"}])
def test_files_that_can_not_be_included_are_not_looked_at(operator, cluster, elsewhere):
    wrong = {"included_names": ["a", "a", "b"], "included_texts": ["", ""]}
    response = browser(operator).post(URL, form(content="-A -t 192.0.2.1:80\n") | wrong | elsewhere)
    assert error_beside(response, "included") == ""


def test_a_text_that_is_not_asked_for_is_not_looked_at(operator, cluster):
    fields = form(source="director", content="\0" + "x" * (9 << 20))
    response = browser(operator).post(URL, fields)
    assert error_beside(response, "director") == "Choose a director."
    assert error_beside(response, "content") == ""


def test_a_file_without_a_name_gets_one(operator, cluster):
    response = browser(operator).post(URL, form(included=included(" ")))
    assert names_on(response) == ["unnamed"]


def test_lines_stay_what_they_are_from_step_to_step(operator, cluster):
    client = browser(operator)
    odd = [file(b"# one\r\n# two\r# three\n\n", "a.conf")]
    shown = client.post(URL, form(content=KEEPALIVED, included=odd))
    (text,) = Page(shown).values["included_texts"]
    again = Page(client.post(URL, next_step(shown))).values["included_texts"]
    assert again == [text] == ["# one\r\n# two\r\n# three\r\n\r\n"]


def test_a_configuration_id_chooses_lines(operator, cluster):
    text = KEEPALIVED.replace("    lb_algo rr", "    @main lb_algo sh")
    client = browser(operator)
    page = text_of(client.post(URL, form(content=text)))
    assert "a line for the configuration id “main” only: give yours as “Configuration id”" in page
    client.post(URL, form(content=text, config_id="main", act="open", title="Ours"))
    assert table_of(Change.objects.get()).services[0].scheduler == "sh"
