"""The pages for what should not happen. They ask nothing of database or session, which may be what failed."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

TRY_AGAIN_AFTER = 5
"""Seconds that a program is told to wait."""


def server_error(request: HttpRequest) -> HttpResponse:
    """For Django's `handler500`, which calls it while the error is being handled.

    A database that is away, or that refused one of two transactions that crossed, is no fault in the
    code: it says so, and that trying again is right.
    """
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return HttpResponse(
            render_to_string("503.html"), status=503, headers={"Retry-After": str(TRY_AGAIN_AFTER)}
        )
    return HttpResponse(render_to_string("500.html"), status=500)
