"""Making hosts directors, and cutting directors off."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from apps.accounts.policy import require
from apps.inventory import selectors
from apps.inventory.errors import InventoryError
from apps.inventory.models import Director
from apps.inventory.services import add_director
from apps.trust.inviting import enrol_command
from apps.trust.services import invite_director, revoke_director, withdraw_invitation
from apps.trust.signing import SigningKeyError
from apps.web.forms.details import CutOffForm, DirectorForm
from apps.web.standing import standing_of
from apps.web.views.common import Request, act_on_director, found
from apps.web.views.confirming import confirmed_to_write
from apps.web.views.directors import page_of
from apps.web.views.factors import confirmed
from lvs.agent.config import without_user


@never_cache  # it shows a secret, once
@confirmed_to_write  # what was typed is kept
@confirmed
def new(request: Request) -> HttpResponse:
    """Add one; the answer shows the command that makes a host this director, and never again."""
    require(request.user, "director.manage")
    form = DirectorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                director = add_director(actor=request.user, **form.cleaned_data)
                code = invite_director(actor=request.user, director=director)
        except (InventoryError, SigningKeyError) as error:
            form.add_error("name", str(error))
        else:
            return _invited(request, director, code)
    form.mark_errors()
    status = 422 if form.is_bound else 200
    return render(request, "web/director_form.html", {"form": form}, status=status)


@act_on_director
@never_cache  # it shows a secret, once
@confirmed_to_write
def invite(request: Request, uuid: Any) -> HttpResponse:
    """Another invitation: for a host that lost its key, or a new one in its place."""
    director = found(selectors.director, request.user, uuid)
    try:
        return _invited(request, director, invite_director(actor=request.user, director=director))
    except SigningKeyError as error:
        messages.error(request, str(error))
        return redirect("web:director", director.uuid)


@act_on_director
def withdraw(request: Request, uuid: Any) -> HttpResponse:
    """Let no host use the invitation."""
    director = found(selectors.director, request.user, uuid)
    if withdraw_invitation(actor=request.user, director=director):
        messages.success(request, "The invitation is withdrawn: its command does nothing any more.")
    else:
        messages.info(request, f"No invitation of {director.name} is open.")
    return redirect("web:director", director.uuid)


@act_on_director
def revoke(request: Request, uuid: Any) -> HttpResponse:
    """Believe it no more."""
    director = found(selectors.director, request.user, uuid)
    require(request.user, "director.manage", director)
    form = CutOffForm(request.POST)
    if not form.is_valid() and standing_of(director).identity:
        form.mark_errors()
        context = page_of(request, director) | {"cut_off_form": form}
        return render(request, "web/director.html", context, status=422)
    reason = form.cleaned_data.get("reason", "")
    if revoke_director(actor=request.user, director=director, reason=reason):
        messages.success(
            request, f"{director.name} is cut off. Its kernel keeps balancing as it is."
        )
    else:
        messages.info(request, f"{director.name} was not enrolled.")
    return redirect("web:director", director.uuid)


def _invited(request: Request, director: Director, code: str) -> HttpResponse:
    context = {
        "director": director,
        "command": enrol_command(code),
        "redis": without_user(settings.DIRECTOR_REDIS_URL),
        "standing": standing_of(director),
    }
    return render(request, "web/director_invited.html", context)
