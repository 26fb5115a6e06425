"""Whatever is posted to a page: it is done, or refused with a reason that the page shows."""

import re
from uuid import UUID

import pytest
from django.urls import reverse
from hypothesis import event, given, settings
from hypothesis import strategies as st

from apps.web.urls import urlpatterns
from tests.fuzz.console import console, signed_in
from tests.fuzz.hostile import FUZZ, TEXTS
from tests.fuzz.posts import post, posts
from tests.fuzz.reported import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing_key")]

ARGUMENTS = {"number": 1, "name": "web", "pk": 1, "slug": "s", "server": "a-1", "uuid": UUID(int=0)}
texts = st.sampled_from(TEXTS) | st.text(max_size=20) | st.integers(-(2**70), 2**70).map(str)
SHOWN = re.compile(r'id="err-[^"]*"[^>]*>\s*[^<\s]|class="[^"]*callout-(?:bad|warn)|role="alert"')


@pytest.fixture
def made(db):
    return console()


@st.composite
def pairs(draw, good):
    """The fields of a form, of which one or two are other ones, gone or doubled, or none of its own."""
    found = [(name, str(value)) for name, value in good.items()]
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(found) - 1))
        name = found[at][0]
        match draw(st.sampled_from(["other", "other", "other", "gone", "doubled", "more"])):
            case "other":
                found[at] = (name, draw(texts))
            case "gone" if len(found) > 1:
                del found[at]
            case "doubled":
                found.append((name, draw(texts)))
            case _:
                found.append((draw(texts), draw(texts)))
    return found


def takes_posts(made, pattern):
    arguments = {name: ARGUMENTS[name] for name in pattern.pattern.converters}
    address = reverse(f"web:{pattern.name}", kwargs=arguments)
    with undone():
        return signed_in(made).post(address).status_code != 405


def test_no_page_that_takes_a_post_is_forgotten_here(made):
    taking = {pattern.name for pattern in urlpatterns if takes_posts(made, pattern)}
    assert taking == {name for name, _, _ in posts(made)}


def test_the_good_ones_are_taken(made):
    """Else what is fuzzed below ends at the first check."""
    for name, arguments, fields in posts(made):
        with undone():
            status = post(signed_in(made), name, arguments, fields).status_code
            assert status in (200, 302) or name in REFUSED, (name, status, fields)


REFUSED = {
    "change-afterwards",  # it did not go first
    "drift-heed",  # nobody ignores it
    *("confirm", "factor-app", "factor-key"),  # the code is a guess
    *("person-factor", "person-link", "person-tokens", "factor-remove"),  # there is none
    *("cluster-policy", "account-sessions", "mappings"),  # nor one to remove
    "change-many",  # it shows first what it stores
}


@settings(FUZZ, max_examples=200)
@given(data=st.data())
def test_whatever_is_posted_is_done_or_refused_with_a_reason(made, data):
    name, arguments, good = data.draw(st.sampled_from(list(posts(made))))
    fields = data.draw(pairs(good))
    with undone():
        response = post(signed_in(made), name, arguments, fields)
        event(f"{name} {response.status_code}")
        assert response.status_code < 500
        same_act = dict(fields).get("act") == good.get("act")  # else no button of the page sent it
        if response.status_code in (409, 422) and same_act:
            assert SHOWN.search(response.content.decode()), (name, fields)
