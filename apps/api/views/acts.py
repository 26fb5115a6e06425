"""Acts on a change: submit, verdicts, second thoughts, confirming."""

from collections.abc import Callable

from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.endpoint import body_of, describe, endpoint, version_in
from apps.api.errors import refused
from apps.api.shapes.changes import ChangeFull
from apps.api.shapes.inputs import CommentInput, Nothing, SubmitInput, VerdictInput
from apps.api.views.common import change_now, change_of
from apps.changes import services
from apps.changes.models import Change
from apps.changes.timing import Timing
from apps.jobs import services as jobs

ACT = (401, 403, 404, 409, 422)


@describe("changes_submit", ChangeFull, takes=SubmitInput, refusals=ACT)
@endpoint("POST")
def submit(request: Request, number: int) -> Response:
    """Freeze the draft and ask for review, or begin it where nobody needs to approve it."""
    its = change_of(request, number)
    body = body_of(request, SubmitInput)
    jobs.submit_and_start(
        actor=request.user,
        change=its,
        version=version_in(request, body),
        adopt=body["adopt"],
        allow_empty=body["allow_empty"],
        timing=Timing(body.get("start_at"), body.get("start_until"), body["confirm_within"]),
        emergency=body["emergency"],
    )
    return change_now(request, number)


@describe("changes_approve", ChangeFull, takes=VerdictInput, refusals=ACT)
@endpoint("POST")
def approve(request: Request, number: int) -> Response:
    """Approve exactly what you saw, and begin it where that was the last approval it needed."""
    its = change_of(request, number)
    body = body_of(request, VerdictInput)
    after = jobs.approve_and_start(
        actor=request.user,
        change=its,
        digest=body["digest"],
        version=version_in(request, body),
        comment=body["comment"],
    )
    if after.state == Change.State.STALE:
        return refused(409, f"Not approved, it is stale now: {after.state_note}")
    return change_now(request, number)


@describe("changes_reject", ChangeFull, takes=VerdictInput, refusals=ACT)
@endpoint("POST")
def reject(request: Request, number: int) -> Response:
    """Say no to exactly what you saw, and why."""
    its = change_of(request, number)
    body = body_of(request, VerdictInput)
    services.reject_change(
        actor=request.user,
        change=its,
        digest=body["digest"],
        version=version_in(request, body),
        comment=body["comment"],
    )
    return change_now(request, number)


@describe("changes_comment", ChangeFull, takes=CommentInput, refusals=ACT)
@endpoint("POST")
def comment(request: Request, number: int) -> Response:
    """Say something without a verdict."""
    its = change_of(request, number)
    words = body_of(request, CommentInput)["comment"]
    services.comment_on_change(actor=request.user, change=its, comment=words)
    return change_now(request, number)


@describe("changes_withdraw", ChangeFull, takes=Nothing, refusals=ACT)
@endpoint("POST")
def withdraw(request: Request, number: int) -> Response:
    """Give the change up before it is applied."""
    return _plain(request, number, services.withdraw_change)


@describe("changes_reopen", ChangeFull, takes=Nothing, refusals=ACT)
@endpoint("POST")
def reopen(request: Request, number: int) -> Response:
    """Make it a draft again; its approvals no longer count."""
    return _plain(request, number, services.reopen_change)


@describe("changes_confirm", ChangeFull, takes=Nothing, refusals=ACT)
@endpoint("POST")
def confirm(request: Request, number: int) -> Response:
    """It works: it stays."""
    return _plain(request, number, services.confirm_change)


def _plain(request: Request, number: int, act: Callable[..., Change]) -> Response:
    """An act that takes nothing but the change."""
    its = change_of(request, number)
    body_of(request, Nothing)
    act(actor=request.user, change=its)
    return change_now(request, number)
