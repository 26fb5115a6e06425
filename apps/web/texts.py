"""What a request's texts are written in: UTF-8, and nothing else."""

import codecs
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

NOT_UTF_8 = "The console reads UTF-8: send this again in that encoding."
_READ = ("utf-8", "ascii")  # as codecs call them


class Utf8Middleware:
    """Refuses bodies in other encodings, and leaves aside cookies that no text of the database holds.

    Django decodes a form by the encoding that it names, and some (UTF-7) write half of a surrogate pair,
    which nothing after it can hold. Cookies may escape a null character (RFC 2109's quoted strings, as
    Python's `http.cookies` reads them), which PostgreSQL can't look up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request."""
        if not _is_read(request):
            return _refusal(request)
        for name in [name for name, value in request.COOKIES.items() if "\0" in value]:
            del request.COOKIES[name]
        return self.get_response(request)


def _is_read(request: HttpRequest) -> bool:
    named = (request.content_params or {}).get("charset")
    try:
        return named is None or codecs.lookup(named).name in _READ
    except (LookupError, ValueError):
        return True  # it names none that there is: Django takes it for UTF-8


def _refusal(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return JsonResponse({"error": NOT_UTF_8, "problems": []}, status=415)
    return HttpResponse(NOT_UTF_8, status=415, content_type="text/plain; charset=utf-8")
