"""Reading errands."""

from django.contrib.auth.models import AnonymousUser

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.inventory.models import Director
from apps.jobs.models import Errand


def errand(user: User | AnonymousUser, number: int, kind: Errand.Kind) -> Errand:
    """An errand of this kind with its answer. Raises Errand.DoesNotExist, PermissionDenied."""
    require(user, "director.ask")
    return Errand.objects.select_related("director__cluster", "asked_by").get(pk=number, kind=kind)


def latest_errand(
    user: User | AnonymousUser, director: Director, kind: Errand.Kind
) -> Errand | None:
    """The newest errand of this kind that this person gave this director. Raises PermissionDenied."""
    require(user, "director.ask")
    found = Errand.objects.filter(director=director, kind=kind, asked_by_id=user.pk)
    return found.order_by("-pk").first()
