"""The filter form of the audit log."""

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from apps.audit.models import AuditRecord
from apps.audit.search import found, words_of


class WordsField(forms.CharField):
    """Words to search for, of three characters or more each."""

    def clean(self, value: str | None) -> str:
        """The text. Raises ValidationError beside the field for a word that is too short."""
        text: str = super().clean(value)
        try:
            words_of(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
        return text


class WordsFilter(django_filters.CharFilter):
    """A filter with such a field."""

    field_class = WordsField


class AuditFilter(django_filters.FilterSet):
    """By person, act, object, change, cluster, time and any text."""

    text = WordsFilter(method="any_text", label="Text")
    actor = django_filters.CharFilter(method="somebody", label="Who")
    action = django_filters.CharFilter(label="Act", lookup_expr="istartswith")
    object_type = django_filters.CharFilter(label="Kind of object", lookup_expr="iexact")
    cluster = django_filters.NumberFilter(field_name="cluster_number", label="Cluster (number)")
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

    def somebody(
        self, queryset: QuerySet[AuditRecord], name: str, value: str
    ) -> QuerySet[AuditRecord]:
        """Records of the person of this name, also by one of their tokens: `olga (token deploy)`."""
        by_token = Q(actor_name__istartswith=f"{value} (token ")
        return queryset.filter(Q(actor_name__iexact=value) | by_token)

    def any_text(
        self, queryset: QuerySet[AuditRecord], name: str, value: str
    ) -> QuerySet[AuditRecord]:
        """Records that hold each word in a name, an act, a reason, or in what was before or after."""
        return found(queryset, words_of(value))
