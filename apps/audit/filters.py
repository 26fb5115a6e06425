"""The filter form of the audit log."""

import django_filters
from django import forms
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from apps.audit.models import AuditRecord


class AuditFilter(django_filters.FilterSet):
    """By person, act, object, change, time and any text."""

    text = django_filters.CharFilter(method="any_text", label="Text")
    actor = django_filters.CharFilter(field_name="actor_name", label="Who", lookup_expr="iexact")
    action = django_filters.CharFilter(label="Act", lookup_expr="istartswith")
    object_type = django_filters.CharFilter(label="Kind of object", lookup_expr="iexact")
    change = django_filters.NumberFilter(field_name="change_number", label="Change")
    since = django_filters.DateFilter(
        field_name="at",
        lookup_expr="date__gte",
        label="From",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    until = django_filters.DateFilter(
        field_name="at",
        lookup_expr="date__lte",
        label="To",
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    class Meta:
        model = AuditRecord
        fields: list[str] = []

    def any_text(
        self, queryset: QuerySet[AuditRecord], name: str, value: str
    ) -> QuerySet[AuditRecord]:
        """Records that hold the text in a name, an act, a reason, or in what was before or after."""
        found = queryset.alias(was=Cast("before", TextField()), became=Cast("after", TextField()))
        return found.filter(
            Q(object_name__icontains=value)
            | Q(actor_name__icontains=value)
            | Q(action__icontains=value)
            | Q(reason__icontains=value)
            | Q(was__icontains=value)
            | Q(became__icontains=value)
        )
