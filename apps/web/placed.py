"""Problems of a draft, with the page where each can be mended."""

from typing import NamedTuple

from django.urls import reverse

from apps.changes.models import Change
from apps.web.keys import slug_of
from lvs.model import VirtualService
from lvs.rules import Problem


class Placed(NamedTuple):
    """A problem with the part of the draft that has it, and where that is edited."""

    where: str
    url: str
    problem: Problem


def placed(change: Change, problem: Problem, services: tuple[VirtualService, ...]) -> Placed:
    """services: of the draft's table, in its order."""
    match problem.path:
        case ("services", int(index), *_) if index < len(services):
            service = services[index]
            url = reverse("web:service", args=[change.pk, slug_of(service)])
            return Placed(str(service), url, problem)
        case ("timeouts" | "sync" | "sysctls", *_):
            return Placed("Settings", reverse("web:change-settings", args=[change.pk]), problem)
    return Placed("", "", problem)
