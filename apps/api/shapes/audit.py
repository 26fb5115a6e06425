"""Records of the audit log, and refusals."""

from rest_framework.serializers import (
    CharField,
    DateTimeField,
    IntegerField,
    JSONField,
    Serializer,
    SerializerMethodField,
)

from apps.api.shapes.changes import ProblemShape
from apps.audit.models import AuditRecord
from apps.audit.selectors import LISTED


class Record(Serializer):
    """Who did what, when, from where, to which object, why."""

    id = IntegerField()
    at = DateTimeField()
    actor = CharField(source="actor_name", help_text="By a token: “olga (token deploy)”.")
    address = CharField()
    request_id = CharField()
    action = CharField()
    object_type = CharField()
    object_id = CharField()
    object_name = CharField()
    cluster = IntegerField(source="cluster_number", allow_null=True, help_text="Its `id`.")
    change = IntegerField(source="change_number", allow_null=True)
    reason = CharField()
    digest = CharField()


class AuditShape(Record):
    """A record, whole."""

    before = JSONField(help_text="Only what changed; null: nothing.")
    after = JSONField()


class AuditShort(Record):
    """A record in a list."""

    before = JSONField(source="listed_before", help_text="Only what changed; null: nothing.")
    after = JSONField(source="listed_after")
    shortened = SerializerMethodField()

    def get_shortened(self, record: AuditRecord) -> bool:
        """Whether before and after are left out because they are long: the record by itself has them."""
        return record.size > LISTED


class Refusal(Serializer):
    """Why something was not done."""

    error = CharField(help_text="One sentence.")
    problems = ProblemShape(many=True)
