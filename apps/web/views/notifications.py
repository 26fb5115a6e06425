"""What one wants to be told by e-mail, and where."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from apps.accounts.errors import AccountError
from apps.accounts.policy import can_somewhere
from apps.accounts.services import set_email
from apps.notify import selectors, services
from apps.notify.errors import NotifyError
from apps.web.forms.notify import AddressForm, ChoicesForm
from apps.web.views.common import Request

MAILS = 10
"""How many of the newest e-mails the page lists."""


def show(request: Request) -> HttpResponse:
    """Address, choices and the newest e-mails: one act for each button."""
    user = request.user
    posted = request.POST.get("act", "") if request.method == "POST" else ""
    address = AddressForm(
        request.POST if posted == "address" else None, initial={"email": user.email}
    )
    choices = ChoicesForm(
        user, selectors.choices_of(user), request.POST if posted == "choices" else None
    )
    error = ""
    try:
        if done := _act(request, posted, address, choices):
            messages.success(request, done)
            return redirect("web:notifications")
    except (AccountError, NotifyError) as refused:
        form = {"address": address, "choices": choices}.get(posted)
        if form is not None and refused.field in form.fields:
            form.add_error(refused.field, str(refused))
        else:
            error = str(refused)
    address.mark_errors()
    choices.mark_errors()
    context = {
        "address_form": address,
        "choices_form": choices,
        "mails": selectors.mails_to(user)[:MAILS],
        "mail_ready": bool(settings.EMAIL_HOST),
        "email": request.user.email,
        "may_manage_hooks": can_somewhere(user, "hook.manage"),
        "error": error,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "web/notifications.html", context, status=status)


def _act(request: Request, act: str, address: AddressForm, choices: ChoicesForm) -> str:
    """What was done, as a sentence; "" where a form has errors. Raises AccountError, NotifyError."""
    user = request.user
    if act == "address" and address.is_valid():
        email = address.cleaned_data["email"]
        set_email(actor=user, email=email)
        return f"E-mails go to {email} now." if email else "You get no e-mails now."
    if act == "choices" and choices.is_valid():
        chosen = choices.cleaned_data["clusters"]
        services.set_choices(actor=user, reach=choices.reach, clusters=chosen)
        return "Your choice is stored."
    if act == "test":
        services.ask_test_mail(actor=user)
        return f"A test is on its way to {user.email}."
    return ""
