"""What no field takes is refused at its field, on a page that keeps what else was typed."""

import re

import pytest

from apps.notify.events import EVENTS
from lvs.rules import SYSCTLS
from tests.fuzz.console import console, signed_in
from tests.fuzz.posts import post, posts
from tests.fuzz.reported import undone
from tests.web.conftest import error_beside
from tests.web.test_services import typed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing_key")]

WRONG = ["a\0b", "9" * 4000]
ALIKE = {*(f"sysctls-{name}" for name in SYSCTLS), *typed()} - {"sysctls-sync_threshold"}
ALIKE = {name for name in ALIKE if name.startswith(("sysctls-", "servers-1-"))} | {*EVENTS}
"""Fields that are made as others are."""
CHECKS = ("change-settings-check", "service-check")
"""They say what the pages with their forms say."""


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
        return post(signed_in(made), name, arguments, fields)


@pytest.mark.parametrize("wrong", WRONG, ids=["null character", "4000 digits"])
def test_each_is_named_beside_its_own_field(made, wrong):
    missed, known = [], set()
    for name, arguments, good in posts(made):
        if name in CHECKS:
            continue
        fields = {(name, field) for field in good.keys() - {"act", "version", *ELSEWHERE, *ALIKE}}
        for _, field in sorted(fields - known):
            response = answer(made, name, arguments, good | {field: wrong})
            said = slots(response)
            if response.status_code == 422 and not said.get(field, "no field of the page"):
                missed.append((name, field, said))
        known |= fields
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
    response = post(signed_in(made), name, arguments, good | {field: number})
    assert response.status_code == 422
    assert "is not one of the available choices" in error_beside(response, field)
