"""Ending sessions."""

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.http import HttpRequest

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import record


@transaction.atomic
def note_session(*, actor: User, request: HttpRequest) -> None:
    """The actor's session is in use, from this browser and address. That somebody looks is no act: the
    audit log says nothing of it."""
    UserSession.objects.create_from_request(request, user=actor)


@transaction.atomic
def note_confirmation(*, actor: User, way: str) -> None:
    """The actor has shown once more who they are, in this way, before something delicate."""
    record(actor=actor, action="user.confirmed", obj=actor, after={"with": way})


@transaction.atomic
def end_session(*, actor: User, number: int) -> None:
    """End one of the actor's own sessions. Raises UserSession.DoesNotExist.

    Its open pages hear no more within 30 seconds.
    """
    session = UserSession.objects.select_for_update().get(pk=number, user=actor)
    before = {"address": str(session.ip), "browser": session.user_agent}
    session.end()
    record(actor=actor, action="user.session_ended", obj=actor, before=before)


@transaction.atomic
def end_sessions(*, actor: User | None, user: User, keep: str = "", reason: str = "") -> int:
    """End the sessions of a user: one's own, or anybody's for those who manage people; how many that were.

    keep: the key of the session to spare. actor None: from the command line. Raises PermissionDenied.
    """
    if actor is not None and actor.pk != user.pk:
        require(actor, "people.manage")
    sessions = list(
        UserSession.objects.select_for_update().filter(user=user).exclude(session_key=keep)
    )
    for session in sessions:
        session.end()
    record(
        actor=actor,
        action="user.sessions_ended",
        obj=user,
        after={"ended": len(sessions), "kept": int(bool(keep))},
        reason=reason,
    )
    return len(sessions)
