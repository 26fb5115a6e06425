"""Whatever is uploaded or pasted: the page says what was understood, or what is wrong and where."""

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from apps.changes.models import Change
from apps.changes.selectors import table_of
from apps.web.forms.imports import MOST_BYTES
from lvs.rules import check_table, errors_in
from tests.factories import make_cluster, make_user
from tests.fuzz.hostile import FUZZ, TEXTS
from tests.fuzz.reported import undone
from tests.fuzz.test_formats import SEEDS, files
from tests.web.conftest import browser, error_beside

pytestmark = pytest.mark.django_db

URL = "/clusters/web/import/"
SHORT = [
    text for text in TEXTS if len(text) < 900
]  # Django refuses longer headers, and so the whole form
names = st.just("rules") | st.sampled_from(
    [*SHORT, "rules", "a.conf", "./a.conf", "/etc/passwd", "..", "a/" * 200, "*", "[a"]
)
data = st.binary(max_size=60) | files().map(lambda file: file[0].encode("utf-8", "surrogatepass"))


@pytest.fixture
def client(db):
    make_cluster("web")
    return browser(make_user("operator", "olga"))


def multipart(fields, uploads):
    """The body of a form as a program may write it: names of files as they are."""
    parts = [(f'name="{name}"', value.encode()) for name, value in fields.items()]
    parts += [(f'name="{field}"; filename="{name}"', content) for field, name, content in uploads]
    body = b"".join(
        b"--part\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n"
        % (about.encode("utf-8", "surrogatepass"), content)
        for about, content in parts
    )
    return body + b"--part--\r\n"


@settings(FUZZ, max_examples=50)
@given(
    content=data,
    name=names,
    included=st.lists(st.tuples(names, data), max_size=2),
    shape=st.sampled_from(["auto", "keepalived", "ipvsadm", "ldirectord", "json", "yaml", "xml"]),
    how=st.sampled_from(["merge", "replace"]),
)
def test_a_file_is_understood_or_its_line_named(client, content, name, included, shape, how):
    form = {"source": "file", "act": "open", "title": "From a file"}
    form |= {"format": shape, "how": how, "reason": "", "config_id": "main"}
    uploads = [("file", name, content), *(("included", *one) for one in included)]
    with undone():
        body, kind = multipart(form, uploads), "multipart/form-data; boundary=part"
        response = client.post(URL, body, content_type=kind)
        event(str(response.status_code))
        assert response.status_code in (302, 422)
        if response.status_code == 302:
            assert not errors_in(check_table(table_of(Change.objects.get())))
            assert client.get(response["Location"]).status_code == 200
        elif response.status_code == 422:
            page = response.content.decode()
            assert 'data-wrong="yes"' in page or "callout-bad" in page
            assert not Change.objects.exists()


@pytest.mark.parametrize("source", sorted(SEEDS))
@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_file_that_was_cut_anywhere_is_understood_or_its_line_named(client, source, cut):
    for text in SEEDS[source]:
        form = {"source": "text", "content": text[: len(text) * cut // 4], "act": "look"}
        form |= {"format": source, "how": "merge"}
        with undone():
            assert client.post(URL, form).status_code in (200, 422)


@pytest.mark.parametrize("unit", ["a\n", "é", "{", "-A\n", "- a\n", "# \n"], ids=ascii)
def test_what_is_too_large_is_said_beside_its_field(client, unit):
    text = unit * (MOST_BYTES // len(unit.encode()) + 1)
    response = client.post(URL, {"source": "text", "content": text, "act": "look", "how": "merge"})
    assert response.status_code == 422
    assert "larger than 8 MiB" in error_beside(response, "content")


def test_what_is_larger_than_any_form_is_refused_as_a_whole(client):
    response = client.post(URL, {"source": "text", "content": "x" * (19 << 20)})
    assert response.status_code in (400, 413)
