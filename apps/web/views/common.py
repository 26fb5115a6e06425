"""What all views share."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.changes import selectors
from apps.changes.models import Change

P = ParamSpec("P")
T = TypeVar("T")

PAGE = 50


class Request(HttpRequest):
    """A request of somebody who is signed in: LoginRequiredMiddleware lets nobody else through."""

    user: User


def found(select: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the selector gives. Raises Http404 where it finds nothing that the person may see."""
    try:
        return select(*args, **kwargs)
    except ObjectDoesNotExist as error:
        raise Http404(str(error)) from None


def draft_of(request: Request, number: int) -> Change:
    """The change of this number, which this person may edit. Raises Http404, PermissionDenied."""
    change = found(selectors.change, request.user, number)
    require(request.user, "change.edit", change)
    return change


def closed(request: Request, change: Change) -> HttpResponse | None:
    """The way back for whoever opens a form of a change that is no draft any more; None where it is one.

    What was typed meanwhile is no reason to send anybody away: the service refuses it, and it is kept.
    """
    if request.method == "POST" or change.state == Change.State.DRAFT:
        return None
    state = change.get_state_display()
    messages.info(request, f"Change {change.pk} is {state}: only a draft can be edited.")
    return redirect("web:change", change.pk)


def act_on_change(act: Callable[Concatenate[Request, int, P], HttpResponse]) -> Callable[..., Any]:
    """A view that does something to the change of this number, by POST only.

    Its address stays in the browser when the act was refused: who loads it again gets the change.
    """

    @wraps(act)
    def view(request: Request, number: int, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return redirect("web:change", number)
        return require_POST(act)(request, number, *args, **kwargs)

    return view


def page_of(request: HttpRequest, items: Any, size: int = PAGE) -> Page[Any]:
    """The page that the address asks for; the nearest one where it asks for nonsense."""
    return Paginator(items, size).get_page(request.GET.get("page"))


def whole(text: str | None) -> int:
    """The version that a form names; 0, which no version is, where it names none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def whole_number(text: str | None) -> int | None:
    """The number of a row that an address names; None where it names none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def act_on_director(act: Callable[[Request, Any], HttpResponse]) -> Callable[..., HttpResponse]:
    """A view that does something by POST only; who loads its address again, as after signing in anew,
    gets the director."""

    @wraps(act)
    def view(request: Request, uuid: Any) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return redirect("web:director", uuid)
        return require_POST(act)(request, uuid)

    return view
