"""Webhooks, for those who administer a cluster or the console."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.policy import require_somewhere
from apps.notify import selectors, services
from apps.notify.errors import NotifyError
from apps.notify.events import EVENTS, LABELS
from apps.notify.models import Delivery, Webhook
from apps.web.forms.fields import TiedForm
from apps.web.forms.notify import EditWebhookForm, NewWebhookForm
from apps.web.views.common import Request, found

MESSAGES = 20
"""How many of the newest messages the page of a webhook lists."""


@require_safe
def index(request: Request) -> HttpResponse:
    """All that the person manages, each with its last result."""
    hooks = [
        {
            "hook": hook,
            "host": urlsplit(hook.url).netloc,
            "events": _events(hook),
            "last": selectors.last_try(hook),
        }
        for hook in selectors.webhooks(request.user)
    ]
    return render(request, "web/hooks.html", {"hooks": hooks})


@never_cache  # it shows a secret, once
def new(request: Request) -> HttpResponse:
    """Make one; its secret is shown in answer to that, and never again."""
    require_somewhere(request.user, "hook.manage")
    form = NewWebhookForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            hook, secret = services.create_webhook(
                actor=request.user, cluster=form.cluster, url=data["url"], events=data["events"]
            )
        except NotifyError as error:
            _blame(form, error)
        else:
            return _secret(request, hook, secret)
    form.mark_errors()
    status = 422 if form.is_bound else 200
    return render(request, "web/hook_new.html", {"form": form}, status=status)


@never_cache
def show(request: Request, number: int) -> HttpResponse:
    """One webhook: edit, test, a new secret, remove; and what became of its messages."""
    hook = found(selectors.webhook, request.user, number)
    posted = request.POST.get("act", "") if request.method == "POST" else ""
    initial = {"url": hook.url, "events": hook.events, "is_on": hook.is_on}
    form = EditWebhookForm(request.POST if posted == "edit" else None, initial=initial)
    error = ""
    try:
        if posted in _ACTS:
            return _ACTS[posted](request, hook)
        if posted == "edit" and form.is_valid():
            services.edit_webhook(actor=request.user, webhook=hook, **form.cleaned_data)
            messages.success(request, "The webhook is stored.")
            return redirect("web:hook", hook.pk)
    except NotifyError as refused:
        error = _blame(form, refused)
    form.mark_errors()
    deliveries = list(hook.deliveries.select_related("event")[:MESSAGES])
    context = {
        "hook": hook,
        "host": urlsplit(hook.url).netloc,
        "form": form,
        "error": error,
        "deliveries": deliveries,
        "waits": any(one.state == Delivery.State.WAITING for one in deliveries),
    }
    status = 422 if request.method == "POST" else 200
    part = request.GET.get("part") == "messages"
    template = "web/parts/hook_messages.html" if part else "web/hook.html"
    return render(request, template, context, status=status)


def _events(hook: Webhook) -> str:
    if len(hook.events) == len(EVENTS):
        return "all"
    return ", ".join(LABELS[kind] for kind in hook.events)


def _test(request: Request, hook: Webhook) -> HttpResponse:
    services.ask_test_call(actor=request.user, webhook=hook)
    messages.success(request, "A test is on its way: see below what becomes of it.")
    return redirect("web:hook", hook.pk)


def _renew(request: Request, hook: Webhook) -> HttpResponse:
    return _secret(request, hook, services.renew_secret(actor=request.user, webhook=hook))


def _remove(request: Request, hook: Webhook) -> HttpResponse:
    services.remove_webhook(actor=request.user, webhook=hook)
    messages.success(request, "The webhook is removed.")
    return redirect("web:hooks")


_ACTS: dict[str, Callable[[Request, Webhook], HttpResponse]] = {
    "test": _test,
    "renew": _renew,
    "remove": _remove,
}


def _secret(request: Request, hook: Webhook, secret: str) -> HttpResponse:
    context = {"hook": hook, "host": urlsplit(hook.url).netloc, "secret": secret}
    return render(request, "web/hook_secret.html", context)


def _blame(form: TiedForm, error: NotifyError) -> str:
    """Put it beside its field; returned where it belongs to none."""
    if form.is_bound and error.field in form.fields:
        form.add_error(error.field, str(error))
        return ""
    return str(error)
