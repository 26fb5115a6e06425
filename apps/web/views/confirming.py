"""Acts that ask who one is on a page that everybody may leave open: what was typed is kept meanwhile."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpResponse

from apps.accounts import confirmation
from apps.web.middleware import kept
from apps.web.views.common import Request

P = ParamSpec("P")
View = Callable[Concatenate[Request, P], HttpResponse]


def confirmed_to_write(view: View[P]) -> View[P]:
    """A view that anybody with the right may look at; what is sent to it counts only from people who have
    shown lately who they are. Others are asked in another tab, and send it again."""

    @wraps(view)
    def asked(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method != "POST" or confirmation.confirmed(request, request.user):
            return view(request, *args, **kwargs)
        return kept(request, "web/confirm_first.html", 403)

    return asked
