"""What people see when the console itself fails."""

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db


def failing(error):
    def fail(execute, sql, params, many, context):
        raise error

    return connection.execute_wrapper(fail)


@pytest.fixture
def anybody():
    return Client(raise_request_exception=False)


@pytest.fixture
def signed_in(anybody, viewer):
    anybody.force_login(viewer)
    return anybody


@pytest.mark.parametrize(
    "error",
    [OperationalError("the connection is lost"), InterfaceError("connection already closed")],
)
def test_a_database_that_fails_asks_to_try_again(signed_in, error):
    with failing(error):
        answer = signed_in.get("/clusters/")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "was not stored: go back and try again" in text_of(answer)


def test_an_error_of_our_own_is_called_one(signed_in):
    with failing(ValueError("a mistake")):
        answer = signed_in.get("/clusters/")
    assert answer.status_code == 500
    assert "Retry-After" not in answer
    assert "the log of the web process says why" in text_of(answer)


def test_the_page_needs_no_session(anybody, viewer):
    """It is read from the database, too."""
    anybody.cookies["sessionid"] = "x" * 32
    with failing(OperationalError("away")):
        assert anybody.get("/").status_code == 503
