"""Changes as callers get them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    IntegerField,
    ListField,
    Serializer,
    SerializerMethodField,
)

from apps.api.errors import problem_in_words
from apps.api.shapes.documents import TableField
from apps.changes.approval import approvals_of, in_the_way
from apps.changes.claims import claimed_elsewhere
from apps.changes.models import Change, DirectorPlan, Review
from apps.changes.selectors import problems_of, table_of
from apps.jobs.models import Run
from lvs.plan import plan_from_document


class ChangeShort(Serializer):
    """A change, without its table."""

    number = IntegerField(source="pk")
    cluster = CharField(source="cluster.name")
    title = CharField()
    reason = CharField()
    author = CharField(source="author.username")
    state = ChoiceField(Change.State.choices)
    state_note = CharField(help_text="Why it is stale, failed, rejected or partly applied.")
    version = IntegerField(help_text="Send it along with each edit, submit and verdict.")
    digest = CharField(help_text="Of its table, from submit on: what a verdict is about.")
    created_at = DateTimeField()
    updated_at = DateTimeField()
    submitted_at = DateTimeField(allow_null=True)
    ended_at = DateTimeField(allow_null=True)
    start_at = DateTimeField(allow_null=True)
    start_until = DateTimeField(allow_null=True)
    confirm_by = DateTimeField(allow_null=True, help_text="Until then somebody must confirm it.")
    confirmed_at = DateTimeField(allow_null=True)
    review_due = BooleanField(help_text="It went first and must be reviewed still.")


class ReviewShape(Serializer):
    """What somebody said of a change."""

    reviewer = CharField(source="reviewer.username")
    verdict = ChoiceField(Review.Verdict.choices)
    comment = CharField()
    digest = CharField()
    version = IntegerField()
    at = DateTimeField()


class ApprovalsShape(Serializer):
    """How far the approval is."""

    needed = IntegerField()
    missing = IntegerField()
    given = ReviewShape(many=True, help_text="Those that count now.")


class StepShape(Serializer):
    """A step of a plan."""

    text = CharField()
    command = CharField(help_text="The ipvsadm command that it equals.")


class PlanShape(Serializer):
    """What would be done on one director."""

    director = CharField(source="director.name")
    steps = SerializerMethodField()
    conflicts = ListField(child=CharField(), help_text="What it holds already, made by others.")

    @extend_schema_field(StepShape(many=True))
    def get_steps(self, plan: DirectorPlan) -> list[dict[str, str]]:
        """In order."""
        steps = plan_from_document(plan.steps)
        return [{"text": step.text(), "command": step.command()} for step in steps]


class RunShape(Serializer):
    """The change being applied to one director."""

    director = CharField(source="director.name")
    state = ChoiceField(Run.State.choices)
    error = CharField()
    done_steps = IntegerField()
    total_steps = IntegerField()
    queued_at = DateTimeField()
    started_at = DateTimeField(allow_null=True)
    ended_at = DateTimeField(allow_null=True)


class ProblemShape(Serializer):
    """One thing that is wrong, and where."""

    path = ListField(help_text="Names and indexes: [“table”, “services”, 0, “port”].")
    message = CharField()
    code = CharField(required=False)
    severity = ChoiceField(["error", "warning"], required=False)


class ChangeFull(ChangeShort):
    """A change with all that there is to know of it. context: `user`, who asks."""

    base = IntegerField(
        source="base.number",
        allow_null=True,
        default=None,
        help_text="The revision it starts from.",
    )
    revision = IntegerField(
        source="revision.number", allow_null=True, default=None, help_text="That it became."
    )
    rolls_back_to = IntegerField(source="rolls_back_to.number", allow_null=True, default=None)
    table = TableField()
    approvals = SerializerMethodField()
    in_the_way = SerializerMethodField()
    reviews = ReviewShape(many=True)
    plans = PlanShape(many=True)
    runs = SerializerMethodField()
    problems = SerializerMethodField()

    @extend_schema_field(ApprovalsShape)
    def get_approvals(self, change: Change) -> Any:
        """By the policy of its cluster."""
        return ApprovalsShape(approvals_of(change)).data

    def get_in_the_way(self, change: Change) -> str:
        """Why it doesn't begin once it is approved; "" where nothing is in its way."""
        return in_the_way(change) if change.state in ("in_review", "approved") else ""

    @extend_schema_field(RunShape(many=True))
    def get_runs(self, change: Change) -> Any:
        """In their order."""
        runs = change.runs.select_related("director").order_by("position", "pk")
        return RunShape(runs, many=True).data

    @extend_schema_field(ProblemShape(many=True))
    def get_problems(self, change: Change) -> list[dict[str, Any]]:
        """What is wrong with a draft; warnings too."""
        if change.state != Change.State.DRAFT:
            return []
        table = table_of(change)
        found = claimed_elsewhere(self.context["user"], change.cluster, table.services)
        found = [*found, *problems_of(change, table)]
        return [
            problem_in_words(each.under("table")) | {"severity": each.severity} for each in found
        ]
