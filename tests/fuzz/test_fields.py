"""What no field takes is refused at its field, on a page that keeps what else was typed."""

import re

import pytest

from tests.fuzz.console import console
from tests.fuzz.posts import post, posts
from tests.fuzz.reported import undone
from tests.web.conftest import browser, error_beside

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing_key")]

WRONG = ["a\0b", "9" * 4000]
CHECKS = ("change-settings-check", "service-check")
"""They send the error slots alone."""


ELSEWHERE = ("password",)
"""That two new passwords differ is said beside the second; hidden fields have nothing beside them."""


@pytest.fixture
def made(db):
    return console()


def slots(response):
    """The text of each error slot of the page."""
    if response.streaming:
        return {}
    found = re.findall(r'id="err-([^"]*)"[^>]*>(.*?)</div>', response.content.decode(), re.DOTALL)
    return {name: " ".join(text.split()) for name, text in found}


def answer(made, name, arguments, fields):
    with undone():
        return post(browser(made.admin), name, arguments, fields)


@pytest.mark.parametrize("wrong", WRONG, ids=["null character", "4000 digits"])
def test_each_is_named_beside_its_own_field(made, wrong):
    missed = []
    for name, arguments, good in posts(made):
        for field in good.keys() - {"act", "version", *ELSEWHERE}:
            response = answer(made, name, arguments, good | {field: wrong})
            said = slots(response)
            refused = response.status_code == 422 or (name in CHECKS and any(said.values()))
            if refused and not said.get(field, "no field of the page"):
                missed.append((name, field, said))
    assert not missed, "\n".join(map(str, missed))


@pytest.mark.parametrize(
    ("name", "field"),
    [("cluster-edit", "directors"), ("notifications", "clusters"), ("cluster-policy", "approvers")],
)
@pytest.mark.parametrize("number", [2**63, 2**64, 10**30, -(2**63) - 1])
def test_a_number_that_no_row_can_have_is_no_choice(made, name, field, number):
    found = [(arguments, good) for at, arguments, good in posts(made) if at == name]
    arguments, good = next(
        (arguments, good)
        for arguments, good in found
        if good.get("act") in (None, "choices", "policy")
    )
    response = post(browser(made.admin), name, arguments, good | {field: number})
    assert response.status_code == 422
    assert "is not one of the available choices" in error_beside(response, field)
