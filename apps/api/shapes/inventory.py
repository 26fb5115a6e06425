"""Clusters, directors and revisions as callers get them."""

from typing import Any, get_args

from drf_spectacular.utils import extend_schema_field
from rest_framework.serializers import (
    CharField,
    ChoiceField,
    DateTimeField,
    IntegerField,
    JSONField,
    Serializer,
    SerializerMethodField,
    UUIDField,
)

from apps.api.shapes.documents import TableField
from apps.inventory.models import Director
from apps.telemetry.selectors import UNENROLLED, Presence, disobeying

PRESENCES = list(get_args(Presence))


class RevisionShort(Serializer):
    """A numbered table of a cluster, without the table."""

    number = IntegerField()
    digest = CharField()
    created_at = DateTimeField()
    applied_at = DateTimeField(allow_null=True, help_text="null: never by every director.")


class Revision(RevisionShort):
    """A numbered table of a cluster."""

    table = TableField()


class DirectorName(Serializer):
    """Which director."""

    uuid = UUIDField()
    name = CharField()


class ClusterShort(Serializer):
    """A cluster, without the table of its head."""

    id = IntegerField(
        source="pk", help_text="Outlives another name: records of the audit log have it."
    )
    name = CharField()
    description = CharField()
    head = RevisionShort(allow_null=True, help_text="null: before the first.")
    directors = DirectorName(many=True)


class Cluster(ClusterShort):
    """A cluster."""

    head = Revision(allow_null=True, help_text="null: before the first.")


class DirectorShort(DirectorName):
    """A director, and whether its agent is there. context: `presences` by the director's id."""

    cluster = CharField(source="cluster.name", allow_null=True, default=None)
    presence = SerializerMethodField()
    last_seen = DateTimeField(source="status.last_seen", allow_null=True, default=None)

    @extend_schema_field(ChoiceField(PRESENCES))
    def get_presence(self, director: Director) -> str:
        """As far as the console can know."""
        return str(self.context["presences"][director.pk])


class DirectorFull(DirectorShort):
    """A director with what it said of itself."""

    revision = IntegerField(
        source="status.revision",
        allow_null=True,
        default=None,
        help_text="The newest that it verified; 0: none, null: it never spoke.",
    )
    observed_at = DateTimeField(source="status.observed_at", allow_null=True, default=None)
    problem = SerializerMethodField(
        help_text="Why its kernel can't be read; null of one that is not enrolled."
    )
    disobeys = SerializerMethodField(
        help_text="Whether it refuses every order: it does not believe this console's key."
    )
    facts = SerializerMethodField()

    @extend_schema_field(CharField(allow_null=True))
    def get_problem(self, director: Director) -> str | None:
        """As it says; whoever is not believed says nothing."""
        enrolled = self.context["presences"][director.pk] not in UNENROLLED
        return director.status.problem if enrolled and hasattr(director, "status") else None

    def get_disobeys(self, director: Director) -> bool:
        """As far as it has said whom it believes."""
        return bool(disobeying([director]))

    @extend_schema_field(JSONField())
    def get_facts(self, director: Director) -> dict[str, Any]:
        """Kernel, schedulers, addresses: as its agent tells them."""
        status = getattr(director, "status", None)
        return status.facts if status else {}
