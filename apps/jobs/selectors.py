"""Reading errands."""

from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.db.models import Max, QuerySet
from django.db.models.fields.json import KT

from apps.accounts.models import User
from apps.accounts.policy import require, require_somewhere
from apps.changes.models import Change
from apps.inventory.models import Director
from apps.jobs.models import Errand, Run


def runs_of(user: User | AnonymousUser, director: Director) -> QuerySet[Run]:
    """The director's runs, newest first, of the clusters that the user may see: it may have been in others.
    Raises PermissionDenied."""
    scope = require_somewhere(user, "view")
    runs = Run.objects.filter(director=director).select_related("change").defer("change__table")
    return scope.narrow(runs, "change__cluster").order_by("-id")


def errand(user: User | AnonymousUser, number: int) -> Errand:
    """An errand with its answer, which is of the cluster that the director was in. Raises
    Errand.DoesNotExist, PermissionDenied."""
    scope = require_somewhere(user, "director.ask")
    errands = Errand.objects.select_related("director__cluster", "asked_by")
    return scope.narrow(errands, "cluster").get(pk=number)


class Examined(NamedTuple):
    """A question whether a director is fit for a change."""

    errand: Errand
    digest: str | None
    """Of the table that it was asked for."""


def fitness_of(user: User | AnonymousUser, change: Change) -> list[Examined]:
    """The newest question to each director whether it is fit for this change's table, by its name.

    The tables that they were asked for stay in the database. Raises PermissionDenied.
    """
    require(user, "director.ask", change)
    asked = Errand.objects.filter(kind=Errand.Kind.DOCTOR, arguments__change=change.pk)
    newest = asked.order_by().values("director").annotate(newest=Max("pk")).values("newest")
    found = Errand.objects.filter(pk__in=newest).annotate(digest=KT("arguments__digest"))
    found = found.select_related("director", "asked_by").defer("arguments")
    return [Examined(errand, errand.digest) for errand in found.order_by("director__name")]
