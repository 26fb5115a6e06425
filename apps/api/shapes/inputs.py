"""What callers may send. A name that isn't known is refused: a misspelt “adopt” must not pass silently."""

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    DictField,
    IntegerField,
    Serializer,
)

from apps.api.shapes.documents import ServiceField, TableField
from apps.audit.filters import AuditFilter
from apps.changes.models import Change
from apps.changes.rebase import SIDES
from lvs.rules.problem import did_you_mean

LARGEST = 2**63 - 1
MOST_VERSION = 2**31 - 1


class Input(Serializer):
    """An object of known names."""

    def to_internal_value(self, data: Any) -> Any:
        """The values. Raises ValidationError beside each name that isn't known, or whose value is wrong."""
        if isinstance(data, dict):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                says = {
                    name: [f"This is unknown here.{did_you_mean(name, self.fields)}"]
                    for name in unknown
                }
                raise ValidationError(says)
        return super().to_internal_value(data)


class Nothing(Input):
    """No field at all."""


class Versioned(Input):
    """What refers to a change as the caller saw it."""

    version = IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_VERSION,
        help_text="Of the change as you saw it; or as the header If-Match.",
    )


class DraftInput(Input):
    """A new draft."""

    cluster = CharField(max_length=63)
    title = CharField(max_length=120)
    reason = CharField(allow_blank=True, default="", max_length=10_000)


class DetailsInput(Versioned):
    """Another title or reason of a draft; what is left out stays."""

    title = CharField(max_length=120, required=False)
    reason = CharField(allow_blank=True, required=False, max_length=10_000)


class TableInput(Versioned):
    """A whole table."""

    table = TableField()


class ServiceInput(Versioned):
    """One service."""

    service = ServiceField()


class RebaseInput(Versioned):
    """Which side to take where both changed the same: by the path of the problem that asks for it."""

    choices = DictField(child=ChoiceField(SIDES), required=False, default=dict)


class SubmitInput(Versioned):
    """How a draft is to be applied."""

    adopt = BooleanField(
        default=False, help_text="Take over services that directors hold already without us."
    )
    allow_empty = BooleanField(
        default=False, help_text="Yes, services without a usable real server are meant."
    )
    start_at = DateTimeField(
        required=False, allow_null=True, help_text="Not before; at once when left out."
    )
    start_until = DateTimeField(required=False, allow_null=True, help_text="Not begun after.")
    confirm_within = IntegerField(
        default=0,
        min_value=0,
        max_value=MOST_VERSION,
        help_text="Minutes in which it must be confirmed, else it is taken back; 0: it stays.",
    )
    emergency = BooleanField(
        default=False, help_text="A rollback goes first and is reviewed after: role emergency."
    )


class VerdictInput(Versioned):
    """A verdict on exactly what the caller saw."""

    digest = CharField(max_length=64, help_text="Of the change, as you saw it.")
    comment = CharField(allow_blank=True, default="", max_length=10_000)


class CommentInput(Input):
    """Words without a verdict."""

    comment = CharField(max_length=10_000)


class RollbackInput(Input):
    """A draft with the table of an earlier revision."""

    title = CharField(max_length=120, required=False)
    reason = CharField(allow_blank=True, default="", max_length=10_000)


class Paged(Input):
    """Which part of a list."""

    before = IntegerField(
        required=False,
        min_value=1,
        max_value=LARGEST,
        help_text="What “older” of the page before said.",
    )
    limit = IntegerField(default=50, min_value=1, max_value=200)


class ChangesAsked(Paged):
    """Which changes."""

    cluster = CharField(required=False, help_text="Its name.")
    state = ChoiceField(Change.State.choices, required=False)
    author = CharField(required=False, help_text="A sign-in name.")


class AuditAsked(Paged):
    """Which records: the filter of the page Audit."""

    def get_fields(self) -> dict[str, Any]:
        """Those of a page, and the filter's, which checks them."""
        filters = {
            name: CharField(required=False, help_text=str(one.label))
            for name, one in AuditFilter.base_filters.items()
        }
        return {**super().get_fields(), **filters}
