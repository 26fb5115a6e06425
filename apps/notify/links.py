"""Addresses of the console's pages, for people who read of them elsewhere."""

from django.conf import settings
from django.urls import reverse

from apps.notify.models import Event


def link(name: str, *args: object) -> str:
    """The whole address of a page; "" where LVS_BASE_URL is not set."""
    return f"{settings.BASE_URL}{reverse(name, args=args)}" if settings.BASE_URL else ""


def link_to(event: Event) -> str:
    """The page that the event is about: of its change, else of its director; "" = of nothing."""
    if event.change_id is not None:
        return link("web:change", event.change_id)
    if event.director_id is not None:
        return link("web:director", event.facts["director"]["uuid"])
    return ""
