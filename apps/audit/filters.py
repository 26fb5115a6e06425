"""The filter form of the audit log."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import django_filters
from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection
from django.db.models import QuerySet, Value
from django.db.models.functions import Concat, Lower
from django.utils import timezone

from apps.audit.families import Family
from apps.audit.models import AuditRecord
from apps.audit.search import matching
from apps.audit.searching import words_of

MOST_NUMBER = 2**63 - 1
YEARS = [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(9998, 12, 31))]


class Words(forms.CharField):
    """What to look for; a mistake in it is said at the field."""

    def validate(self, value: str) -> None:
        """Raises ValidationError when no index could find it."""
        super().validate(value)
        try:
            words_of(value)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class WordsFilter(django_filters.CharFilter):
    """A field of Words."""

    field_class = Words


class DayFilter(django_filters.DateFilter):
    """A day where the console is, of years that each time zone has."""

    def __init__(self, **given: Any) -> None:
        picker = forms.DateInput(attrs={"type": "date"})
        super().__init__(widget=picker, validators=YEARS, **given)


class AuditFilter(django_filters.FilterSet):
    """By words, person, act, kind of object, cluster, change and time.

    Each finds its rows by an index of the same columns, so that a page takes no longer in a long log.
    """

    text = WordsFilter(method="by_text", label="Text", max_length=200)
    actor = django_filters.CharFilter(method="by_actor", label="Who")
    action = django_filters.CharFilter(method="by_act", label="Act")
    object_type = django_filters.CharFilter(method="by_kind", label="Kind of object")
    cluster = django_filters.ChoiceFilter(
        field_name="cluster_number", label="Cluster", empty_label="All"
    )
    change = django_filters.NumberFilter(
        field_name="change_number", label="Change", min_value=1, max_value=MOST_NUMBER
    )
    since = DayFilter(method="by_start", label="From")
    until = DayFilter(method="by_end", label="To")

    class Meta:
        model = AuditRecord
        fields: list[str] = []

    def __init__(self, data: Any, queryset: Any, clusters: Sequence[tuple[int, str]] = ()) -> None:
        """clusters: number and name of those that can be chosen."""
        super().__init__(data, queryset)
        self.filters["cluster"].extra["choices"] = list(clusters)

    def by_text(self, found: QuerySet[AuditRecord], _name: str, value: str) -> Any:
        """Records that hold all of the words."""
        return matching(found, words_of(value))

    def by_actor(self, found: QuerySet[AuditRecord], _name: str, value: str) -> Any:
        """Records of this person (by whatever token), or of this director; in capitals or not."""
        person = get_user_model().objects.filter(username__iexact=value).values_list("pk").first()
        if person is not None:
            return found.filter(actor_id=person[0])
        return found.alias(who=Lower("actor_name")).filter(who=Lower(Value(value)))

    def by_act(self, found: QuerySet[AuditRecord], _name: str, value: str) -> Any:
        """Records of this act, or of all whose names begin so."""
        from apps.audit.selectors import acts

        if value.endswith(".") and value.count(".") == 1:
            return found.alias(family=Family("action")).filter(family=value.lower())
        known = [act for act in acts() if act.startswith(value.lower())]
        # The one that is meant exactly, or the only one, is found by its index alone.
        exact = value.lower() if value.lower() in known else known[0] if len(known) == 1 else None
        if exact or connection.vendor != "sqlite":
            return found.filter(action=exact) if exact else found.filter(action__in=known)
        # SQLite would collect all rows of these acts and sort them: an expression keeps it off their index.
        return found.alias(act=Concat("action", Value(""))).filter(act__in=known)

    def by_kind(self, found: QuerySet[AuditRecord], _name: str, value: str) -> Any:
        """Records about objects of this kind."""
        return found.filter(object_type=value.lower())

    def by_start(self, found: QuerySet[AuditRecord], _name: str, value: date) -> Any:
        """Records of this day and later."""
        return found.filter(at__gte=_midnight(value))

    def by_end(self, found: QuerySet[AuditRecord], _name: str, value: date) -> Any:
        """Records of this day and earlier."""
        return found.filter(at__lte=timezone.make_aware(datetime.combine(value, time.max)))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
