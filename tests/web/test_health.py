"""The health address."""

import pytest

pytestmark = pytest.mark.django_db


def test_all_is_well(client, redis_url):
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"database": "ok", "redis": "ok"}


def test_redis_is_away(client, redis_server, redis_url):
    redis_server.stop()
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {"database": "ok", "redis": "no answer"}


def test_what_does_not_answer_is_in_the_log(client, redis_server, redis_url, caplog):
    redis_server.stop()
    client.get("/healthz")
    (record,) = [one for one in caplog.records if one.name == "apps.web.views.health"]
    assert record.exc_info
