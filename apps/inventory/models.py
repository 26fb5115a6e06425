"""What there is: clusters, directors, and the revisions a cluster has had."""

import uuid

from django.db import models


class Cluster(models.Model):
    """Directors that hold the same table."""

    name = models.SlugField(max_length=63, unique=True)
    description = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    head = models.ForeignKey(
        "inventory.Revision", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # the newest revision that every director verified; None before the first

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def cluster_scope(self) -> int:
        """Whose rights decide who may do what to it: those held in this very cluster."""
        return self.pk


class Director(models.Model):
    """A Linux host running IPVS and our agent; belongs to at most one cluster."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=63, unique=True)
    cluster = models.ForeignKey(
        Cluster, null=True, blank=True, on_delete=models.PROTECT, related_name="directors"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def cluster_scope(self) -> int | None:
        """The cluster whose roles count for it; None = it is free: roles that are held everywhere."""
        return self.cluster_id

    @property
    def queue(self) -> str:
        """The Celery queue that only this director's agent reads."""
        return f"director.{self.uuid}"


class Revision(models.Model):
    """A numbered, immutable table of a cluster."""

    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    table = models.JSONField()  # lvs.model.table_to_document
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True, blank=True)  # when every director had verified it

    class Meta:
        ordering = ("-number",)
        constraints = [
            models.UniqueConstraint(fields=["cluster", "number"], name="revision_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.cluster} r{self.number}"

    @property
    def cluster_scope(self) -> int:
        """The cluster whose roles count for it."""
        return self.cluster_id


class Endpoint(models.Model):
    """A protocol, address and port that clients connect to: an index of tables, written with them."""

    protocol = models.CharField(max_length=4)
    address = models.CharField(max_length=45, db_index=True)  # canonical text
    port = models.PositiveIntegerField()  # 0 = every port

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.protocol} {self.address} {self.port}"


class ClaimedEndpoint(Endpoint):
    """What a cluster's head claims."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="endpoints")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "protocol", "address", "port"], name="a_head_claims_it_once"
            )
        ]
