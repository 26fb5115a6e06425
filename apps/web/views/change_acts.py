"""Acts on a change beyond the plain verdicts: submitting it with its timing, confirming, looking back."""

from django.http import HttpResponse
from django.shortcuts import render

from apps.changes import selectors, services
from apps.changes.approval import policy_of
from apps.changes.errors import Invalid
from apps.changes.models import Change, Review
from apps.jobs import services as jobs
from apps.web import change_page
from apps.web.forms.submit import SubmitForm
from apps.web.problems import blame
from apps.web.views.changes import act_on, comment_in
from apps.web.views.common import Request, act_on_change, found, whole


@act_on_change
def submit(request: Request, number: int) -> HttpResponse:
    """Freeze the draft and ask for review, or begin it where nobody needs to approve it."""
    change = found(selectors.change, request.user, number)
    form = SubmitForm(request.POST, policy=policy_of(change.cluster))
    if not form.is_valid():
        return _again(request, change, form)

    def work(change: Change) -> Change:
        try:
            return jobs.submit_and_start(
                actor=request.user,
                change=change,
                version=whole(request.POST.get("version")),
                adopt="adopt" in request.POST,
                allow_empty="allow_empty" in request.POST,
                timing=form.timing,
                emergency="emergency" in request.POST,
            )
        except Invalid as refused:
            blame(form, refused)
            form.mark_errors()
            raise

    return act_on(request, number, work, "", submit_form=form)


@act_on_change
def confirm(request: Request, number: int) -> HttpResponse:
    """It works: it stays."""
    return act_on(
        request,
        number,
        lambda change: bool(services.confirm_change(actor=request.user, change=change)),
        "Confirmed: it stays.",
    )


@act_on_change
def comment(request: Request, number: int) -> HttpResponse:
    """Say something without a verdict."""
    return act_on(
        request,
        number,
        lambda change: services.comment_on_change(
            actor=request.user, change=change, comment=comment_in(request)
        ),
        "Your comment stands below.",
    )


@act_on_change
def afterwards(request: Request, number: int) -> HttpResponse:
    """Agree with what went first, or object."""
    objects = request.POST.get("verdict") == "reject"
    verdict = Review.Verdict.REJECT if objects else Review.Verdict.APPROVE
    return act_on(
        request,
        number,
        lambda change: bool(
            services.review_afterwards(
                actor=request.user, change=change, verdict=verdict, comment=comment_in(request)
            )
        ),
        "Your objection is recorded." if objects else "Recorded: you agree.",
    )


def _again(request: Request, change: Change, form: SubmitForm) -> HttpResponse:
    form.mark_errors()
    context = change_page.page_of(request.user, change)
    context |= {"submit_form": form, "posted": request.POST}
    context["act_error"] = "The message beside the field says what to mend."
    return render(request, "web/change.html", context, status=422)
