"""Taking a real server out of service: the intent, and how far it is."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.changes.models import Change
from apps.inventory.models import Cluster
from lvs.documents import key_from_document
from lvs.model import ServiceKey


class Drain(models.Model):
    """One real server of one service: weight 0, wait until nobody is connected, then remove or keep it.

    Everything that reaches a kernel for it is a change of its own, approved as the policy says.
    """

    class State(models.TextChoices):
        ASKED = "asked", "waits for its change"
        DRAINING = "draining", "draining"
        REMOVING = "removing", "being removed"
        UNDOING = "undoing", "being undone"
        REMOVED = "removed", "removed"
        KEPT = "kept", "kept at weight 0"
        UNDONE = "undone", "undone"
        NOT_BEGUN = "not_begun", "not begun"

    class Then(models.TextChoices):
        REMOVE = "remove", "remove it"
        KEEP = "keep", "keep it at weight 0"
        UNDO = "undo", "give it its weight back"

    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="drains")
    service = models.JSONField()  # lvs.documents.key_to_document
    address = models.GenericIPAddressField()
    port = models.PositiveIntegerField()
    weight_before = models.PositiveIntegerField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField()
    then = models.CharField(max_length=8, choices=Then.choices)  # once nobody is connected
    minutes = models.PositiveIntegerField(null=True, blank=True)  # None = as long as it takes
    at_deadline = models.CharField(max_length=8, choices=Then.choices, default=Then.KEEP)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    note = models.CharField(max_length=300, blank=True)  # why it waits, or how it ended
    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="+")  # of this state
    asked_at = models.DateTimeField(auto_now_add=True)
    begun_at = models.DateTimeField(null=True, blank=True)  # its weight became 0
    deadline = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(null=True, blank=True)  # active, inactive, persistent; None = unknown
    counted_at = models.DateTimeField(null=True, blank=True)
    idle_since = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "service", "address", "port"],
                condition=Q(ended_at=None),
                name="one_open_drain_a_real_server",
            )
        ]

    def __str__(self) -> str:
        return f"drain of {self.server} from {self.key}"

    @property
    def key(self) -> ServiceKey:
        """The service's identity."""
        return key_from_document(self.service)

    @property
    def server(self) -> str:
        """The real server as people write it."""
        return (
            f"[{self.address}]:{self.port}"
            if ":" in self.address
            else f"{self.address}:{self.port}"
        )

    @property
    def cluster_scope(self) -> int:
        """The cluster whose roles count for it."""
        return self.cluster_id
