"""Records of the audit log, and refusals."""

from rest_framework.serializers import (
    CharField,
    DateTimeField,
    IntegerField,
    JSONField,
    Serializer,
)

from apps.api.shapes.changes import ProblemShape


class AuditShape(Serializer):
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
    cluster = IntegerField(source="cluster_number", allow_null=True)
    change = IntegerField(source="change_number", allow_null=True)
    before = JSONField(help_text="Only what changed; null: nothing.")
    after = JSONField()
    reason = CharField()
    digest = CharField()


class Refusal(Serializer):
    """Why something was not done."""

    error = CharField(help_text="One sentence.")
    problems = ProblemShape(many=True)
