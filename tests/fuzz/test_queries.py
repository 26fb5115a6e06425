"""Whatever an address asks for: there is a page, or it is said that there is none."""

import re
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.urls import NoReverseMatch, reverse
from hypothesis import event, given, settings
from hypothesis import strategies as st

from apps.audit.filters import AuditFilter
from apps.web.urls import urlpatterns
from tests.fuzz.console import console, signed_in
from tests.fuzz.hostile import FUZZ, TEXTS
from tests.fuzz.posts import KEY, posts
from tests.fuzz.reported import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing_key")]

WEB = Path(__file__).resolve().parent.parent.parent / "apps/web"
SOURCE = "".join(path.read_text() for path in WEB.glob("**/*.py"))
NAMES = sorted(
    {*re.findall(r'(?:GET|ask|asked)(?:\.get\(|\[)"(\w+)"', SOURCE), *AuditFilter.base_filters}
)
PARTS = sorted(set(re.findall(r'^    "(\w+)": [_("\w]', SOURCE, re.MULTILINE)))
texts = st.sampled_from([*TEXTS, "all", KEY, "1"]) | st.sampled_from(PARTS) | st.text(max_size=9)
texts |= st.integers(-(2**70), 2**70).map(str)
queries = st.lists(st.tuples(st.sampled_from(NAMES), texts), max_size=3)
parts = st.tuples(st.just("part"), st.sampled_from(PARTS))


@pytest.fixture
def made(db):
    return console()


def addresses(made):
    """Each page, of things that there are."""
    known = {name: arguments for name, arguments, _ in posts(made)}
    known |= {"cluster-part": [made.cluster.pk, "services"], "change": [made.draft.pk]}
    known |= {"audit-record": [1], "errand": [made.errand.pk], "drain": [made.drain.pk]}
    for pattern in (one for one in urlpatterns if one.name != "healthz"):  # it tells of Redis
        arguments = known.get(pattern.name, [])
        names = pattern.pattern.converters
        if not arguments and "uuid" in names:
            arguments = [made.director.uuid]
        elif not arguments and names:
            arguments = [made.cluster.name]
        yield reverse(f"web:{pattern.name}", args=arguments)


def test_the_names_that_pages_read_are_found():
    assert {"part", "mark", "page", "q", "like", "before", "number", "text"} <= set(NAMES)
    assert {"head", "body", "services"} <= set(PARTS)


@settings(FUZZ, max_examples=120)
@given(data=st.data())
def test_whatever_is_asked_of_a_page_is_answered(made, data):
    address = data.draw(st.sampled_from(list(addresses(made))))
    asked = data.draw(queries) + [data.draw(parts)] * data.draw(st.booleans())
    with undone():
        response = signed_in(made).get(f"{address}?{urlencode(asked, errors='surrogatepass')}")
        event(f"{response.status_code}")
        assert response.status_code < 500
        if not response.streaming:
            response.content.decode()


@settings(FUZZ, max_examples=50)
@given(data=st.data())
def test_whatever_an_address_names_is_there_or_not(made, data):
    """In the place of names, keys and numbers."""
    pattern = data.draw(st.sampled_from([one for one in urlpatterns if one.pattern.converters]))
    words = {
        name: data.draw(
            st.sampled_from([2**63, 2**64, 10**30, "web", "new", KEY, "-", "a-1", "-1"]) | texts
        )
        for name in pattern.pattern.converters
    }
    try:
        address = reverse(f"web:{pattern.name}", kwargs=words)
    except (NoReverseMatch, UnicodeEncodeError):  # its pattern lets none such through
        address = "/" + "/".join(
            quote(str(word), safe="", errors="replace") for word in words.values()
        )
    with undone():
        client = signed_in(made)
        assert client.get(address).status_code < 500
        assert client.post(address).status_code < 500
