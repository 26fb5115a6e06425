"""What the texts of a request are written in: UTF-8 and nothing else, without null characters."""

import codecs
from collections.abc import Awaitable, Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

NOT_UTF_8 = "The console reads UTF-8: send this again in that encoding."
NULL = "A header of the request holds a null character."
_READ = ("utf-8", "ascii")  # as codecs call them


class TextsMiddleware:
    """Refuses bodies in other encodings and null characters in headers, as forms refuse them in fields.

    Django decodes a form by the encoding that it names, and some (UTF-7) write half of a surrogate pair,
    which nothing after it can hold. PostgreSQL's texts hold no null character, as no header does (RFC
    9110, 5.5); a cookie may escape one (RFC 2109's quoted strings, as Python's `http.cookies` reads them),
    and is none of ours then.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request."""
        if not _is_read(request):
            return _refusal(request, 415, NOT_UTF_8)
        if any("\0" in value for value in request.headers.values()):
            return _refusal(request, 400, NULL)
        for name in [name for name, value in request.COOKIES.items() if "\0" in value]:
            del request.COOKIES[name]
        return self.get_response(request)


def _is_read(request: HttpRequest) -> bool:
    named = (request.content_params or {}).get("charset")
    try:
        return named is None or codecs.lookup(named).name in _READ
    except (LookupError, ValueError):
        return True  # it names none that there is: Django takes it for UTF-8


def _refusal(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return JsonResponse({"error": sentence, "problems": []}, status=status)
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")


class LiveTextsMiddleware:
    """The same for the handshake of a live connection: a cookie with a null character is none of ours."""

    def __init__(self, inner: Callable[..., Awaitable[None]]) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve the connection."""
        cookies = {name: value for name, value in scope["cookies"].items() if "\0" not in value}
        await self.inner(scope | {"cookies": cookies}, receive, send)
