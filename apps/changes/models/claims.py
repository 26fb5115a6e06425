"""What changes claim of addresses and ports, beside what heads do (`inventory.ClaimedEndpoint`)."""

from django.db import models

from apps.changes.models.change import Change
from apps.inventory.models import Endpoint


class ProposedEndpoint(Endpoint):
    """What the table of a change claims, until it is applied or withdrawn; of one that waits for its
    confirmation, what the table claims that would be put back."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="endpoints")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["change", "protocol", "address", "port"], name="a_change_claims_it_once"
            )
        ]


class ClaimsLock(models.Model):
    """One row, locked by whoever compares claims of clusters and then acts on what was found."""
