"""Reading errands."""

from django.contrib.auth.models import AnonymousUser

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.changes.models import Change
from apps.jobs.models import Errand


def errand(user: User | AnonymousUser, number: int) -> Errand:
    """An errand with its answer. Raises Errand.DoesNotExist, PermissionDenied."""
    require(user, "director.ask")
    return Errand.objects.select_related("director__cluster", "asked_by").get(pk=number)


def fitness_of(user: User | AnonymousUser, change: Change) -> list[Errand]:
    """The newest question to each director whether it is fit for this change's table.

    Raises PermissionDenied.
    """
    require(user, "director.ask")
    asked = Errand.objects.filter(kind=Errand.Kind.DOCTOR, arguments__change=change.pk)
    newest: dict[int, Errand] = {}
    for found in asked.select_related("director").order_by("pk"):
        newest[found.director_id] = found
    return sorted(newest.values(), key=lambda found: found.director.name)
