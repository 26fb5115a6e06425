"""Putting a director back to the head, as far as the cluster's policy lets it go at once."""

from django.db import transaction

from apps.accounts.models import User
from apps.changes import services as changes
from apps.changes.models import Change
from apps.inventory.models import Director
from apps.jobs.services.start import submit_and_start


@transaction.atomic
def revert_drift(
    *,
    actor: User,
    director: Director,
    digest: str,
    reason: str,
    adopt: bool = False,
    allow_empty: bool = False,
    emergency: bool = False,
) -> Change:
    """Apply the head again: a change with its table, submitted, and begun where nothing is in its way.

    digest: of the difference that the person was shown; the rest as `submit_and_start`. Raises what
    `changes.services.open_revert` and `submit_change` raise, and then nothing was done at all.
    """
    change = changes.open_revert(actor=actor, director=director, digest=digest, reason=reason)
    return submit_and_start(
        actor=actor, change=change, adopt=adopt, allow_empty=allow_empty, emergency=emergency
    )
