"""What templates need beyond Django's own tags: icons, badges, times, addresses of services."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from apps.accounts.policy import Act, can
from apps.changes.models import Change
from apps.inventory.keys import slug_of
from apps.web.cluster_page import DirectorRow
from apps.web.words import (
    DELIVERIES,
    DISOBEYS,
    DISOBEYS_HELP,
    DRAIN_STATES,
    DRIFT_STATES,
    JOINING,
    KERNEL_PARTS,
    PRESENCE,
    RUN_STATES,
    STATES,
    STEP_STATES,
)
from lvs.diff import server_settings, service_settings
from lvs.model import RealServer, VirtualService

register = template.Library()

ICONS = settings.NODE_MODULES / "@tabler" / "icons" / "icons" / "outline"


@lru_cache(maxsize=256)
def _icon(name: str, classes: str) -> SafeString:
    svg = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    start = svg.index("class=")
    end = svg.index(">", start)
    drawn = f'{svg[:start]}class="icon {classes}" aria-hidden="true" focusable="false"{svg[end:]}'
    return mark_safe(" ".join(drawn.split()))  # noqa: S308  (a file of the icon package)


@register.simple_tag(takes_context=True)
def allowed(context: dict[str, Any], act: Act, obj: Any) -> bool:
    """Whether who looks at the page may do this to the object."""
    return can(context["user"], act, obj)


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """An icon of @tabler/icons as inline SVG, hidden from screen readers: its neighbour says it."""
    return _icon(name, classes)


def _badge(word: tuple[str, str, str]) -> SafeString:
    label, colour, symbol = word
    return format_html(
        '<span class="badge state state-{}">{}<span>{}</span></span>',
        colour,
        _icon(symbol, ""),
        label,
    )


@register.simple_tag
def state_badge(state: str) -> SafeString:
    """The state of a change as a badge."""
    return _badge(STATES[state])


HALF_WAY = ("failed", "partial")
"""How a change can end that took another one back, on some directors at most."""


@register.simple_tag
def change_marks(change: Change) -> SafeString:
    """What somebody must still do about an applied change, as badges; mostly nothing."""
    marks = []
    if change.review_due:
        marks.append(_badge(("Review due", "red", "urgent")))
    if change.confirm_by and not change.confirmed_at:
        if change.waits_for_confirmation:
            marks.append(_badge(("Confirm it", "amber", "hourglass")))
        elif (
            change.revision_id == change.cluster.head_id and change.taken_back_by.state in HALF_WAY
        ):
            marks.append(_badge(("Not taken back", "red", "urgent")))
    return format_html_join("", "{}", ((mark,) for mark in marks))


@register.simple_tag
def run_badge(state: str) -> SafeString:
    """The state of a run as a badge."""
    return _badge(RUN_STATES[state])


@register.simple_tag
def drain_badge(state: str) -> SafeString:
    """The state of a drain as a badge."""
    return _badge(DRAIN_STATES[state])


@register.simple_tag
def drift_badge(state: str) -> SafeString:
    """Whether a director holds what its head says, as a badge."""
    return _badge(DRIFT_STATES[state])


@register.simple_tag
def delivery_badge(state: str) -> SafeString:
    """What became of a message, as a badge."""
    return _badge(DELIVERIES[state])


@register.simple_tag
def presence_badge(presence: str) -> SafeString:
    """Whether a director is there, as a badge."""
    return _badge(PRESENCE[presence])


@register.simple_tag
def presence_badges(row: DirectorRow, named: bool = False) -> SafeString:
    """The same of a director with its help, and a mark on one that refuses orders. named: its name first
    in the help, for where badges of several stand side by side."""
    name = f"{row.director.name}: " if named else ""
    badges = [(f"{name}{row.help}", presence_badge(row.presence))]
    if row.disobeys:
        badges.append((f"{name}{DISOBEYS_HELP}", _badge(DISOBEYS)))
    return format_html_join(" ", '<span title="{}">{}</span>', badges)


@register.simple_tag
def joining_badge(state: str) -> SafeString:
    """How far a host is on its way to become a director, as a badge."""
    return _badge(JOINING[state])


@register.simple_tag
def step_icon(state: str) -> SafeString:
    """The state of a step as an icon with its word for screen readers."""
    label, colour, symbol = STEP_STATES[state]
    return format_html(
        '<span class="step-icon step-{}" title="{}">{}<span class="visually-hidden">{}</span></span>',
        colour,
        label,
        _icon(symbol, ""),
        label,
    )


@register.simple_tag
def moment(
    value: datetime | float | None, form: str = "", never: str = "never"
) -> SafeString | str:
    """A `<time>` that console.js shows in the reader's zone. form: "" = relative, "clock", "full"."""
    if value is None or value == "":  # a template gives "" for what is absent
        return never
    at = datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else value
    at = at.astimezone(UTC)
    return format_html(
        '<time datetime="{}" data-time="{}">{}</time>',
        at.isoformat(timespec="seconds"),
        form,
        f"{at:%Y-%m-%d %H:%M:%S} UTC",
    )


@register.filter
def slug(key: Any) -> str:
    """The part of an address that names a virtual service."""
    return slug_of(key)


@register.filter
def server_slug(server: RealServer) -> str:
    """The part of an address that names a real server."""
    return f"{server.address}-{server.port}"


@register.filter
def short(digest: str) -> str:
    """The first 12 characters of a digest: enough to compare by eye."""
    return digest[:12]


@register.filter
def kernel_part(name: str) -> str:
    """What a director says that its IPVS lacks; the name itself of what a newer agent knows."""
    return KERNEL_PARTS.get(name, name)


@register.filter
def settings_of(value: VirtualService | RealServer) -> list[tuple[str, str]]:
    """Name and text of each setting that a reader must see: all that are not at their default."""
    if isinstance(value, RealServer):
        return list(server_settings(value).items())
    return list(service_settings(value).items())
