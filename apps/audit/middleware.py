"""Lets the audit log say from which address, and by which request, an act came."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.audit.origin import Origin, acting_from


class RequestOriginMiddleware:
    """Gives each request an id, and its records the client's address.

    The address is the connection's own: behind a proxy, run uvicorn with `--proxy-headers` and
    `--forwarded-allow-ips`, which believes the proxy and nobody else.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request with its origin known to the audit log."""
        origin = Origin(str(request.META.get("REMOTE_ADDR") or "")[:64], uuid.uuid4().hex)
        with acting_from(origin):
            response = self.get_response(request)
        response["X-Request-ID"] = origin.request_id
        return response
