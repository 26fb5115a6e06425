"""Whether this process can do its work: for load balancers and start scripts."""

import logging

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """`{"database": "ok", "redis": "ok"}`, 200; 503 when one of them doesn't answer."""
    found = {"database": _database(), "redis": _redis()}
    return JsonResponse(found, status=200 if set(found.values()) == {"ok"} else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.warning("asked for our health", exc_info=error)
        return "no answer"
    return "ok"


def _redis() -> str:
    try:
        with redis.Redis.from_url(
            settings.REDIS.url,
            **settings.REDIS.tls_options(),
            socket_connect_timeout=2,
            socket_timeout=2,
        ) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        logger.warning("asked for our health", exc_info=error)
        return "no answer"
    return "ok"
