"""Working on a draft: opening it, its title, its services."""

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import changed, record
from apps.changes.announce import announce
from apps.changes.errors import Conflict, Invalid
from apps.changes.models import Change
from apps.changes.selectors import problems_among, table_of
from apps.changes.services.working_copy import note_claims, opened, store
from apps.inventory.models import Cluster
from apps.inventory.selectors import head_table
from lvs.canonical_form import make_table
from lvs.documents import service_to_document, table_to_document
from lvs.model import ServiceKey, VirtualService
from lvs.rules import Problem, errors_in


@transaction.atomic
def open_draft(*, actor: User, cluster: Cluster, title: str, reason: str = "") -> Change:
    """A new draft that starts from the cluster's head. Raises Invalid without a title."""
    require(actor, "change.edit", cluster)
    cluster = Cluster.objects.select_related("head").get(pk=cluster.pk)
    change = Change.objects.create(
        cluster=cluster,
        title=_title(title),
        reason=reason.strip(),
        author=actor,
        table=table_to_document(head_table(cluster)),
        base=cluster.head,
    )
    note_claims(change, change.table)
    base = cluster.head.number if cluster.head else None
    after = {"title": change.title, "cluster": cluster.name, "base": base}
    record(
        actor=actor,
        action="change.opened",
        obj=change,
        after=after,
        reason=change.reason,
        change_number=change.pk,
    )
    announce(change)
    return change


@transaction.atomic
def edit_details(
    *, actor: User, change: Change, version: int, title: str, reason: str = ""
) -> Change:
    """Another title or reason. Raises Invalid without a title, Conflict on an old version."""
    change = opened(actor, change, version)
    before = {"title": change.title, "reason": change.reason}
    after = {"title": _title(title), "reason": reason.strip()}
    if before == after:
        return change
    old, new = changed(before, after)
    return store(actor, change, "change.edited", before=old, after=new, **after)


@transaction.atomic
def put_service(
    *,
    actor: User,
    change: Change,
    version: int,
    old_key: ServiceKey | None,
    service: VirtualService,
) -> Change:
    """Add a service to the draft (old_key None), or put it in the place of the one with that key.

    Raises Invalid with every problem of the service, paths from the service on; Conflict when the
    draft has another version, or no service with that key any more.
    """
    change = opened(actor, change, version)
    held = table_of(change)
    old = next((s for s in held.services if s.key == old_key), None)
    if old_key is not None and old is None:
        raise Conflict(f"{old_key} is no longer in the draft: your input is not stored.")
    others = [s for s in held.services if s.key != old_key]
    problems = problems_among(others, service)
    if errors_in(problems):
        raise Invalid(errors_in(problems))
    table = make_table([*others, service], *held.settings)
    new = next(s for s in table.services if s.key not in {o.key for o in others})
    if new == old:
        return change
    return store(
        actor,
        change,
        "change.service_edited" if old else "change.service_added",
        before=service_to_document(old) if old else None,
        after=service_to_document(new),
        table=table_to_document(table),
    )


@transaction.atomic
def remove_service(*, actor: User, change: Change, version: int, key: ServiceKey) -> Change:
    """Take a service out of the draft. Raises Conflict on an old version or when it is gone."""
    change = opened(actor, change, version)
    held = table_of(change)
    gone = next((s for s in held.services if s.key == key), None)
    if gone is None:
        raise Conflict(f"{key} is no longer in the draft.")
    kept = [s for s in held.services if s.key != key]
    table = make_table(kept, *held.settings)
    return store(
        actor,
        change,
        "change.service_removed",
        before=service_to_document(gone),
        table=table_to_document(table),
    )


def _title(text: str) -> str:
    title = text.strip()
    if not title:
        raise Invalid([Problem(("title",), "title.missing", "Give the change a title.")])
    if len(title.splitlines()) > 1:  # in an e-mail the others would look like ours
        raise Invalid([Problem(("title",), "title.lines", "Give the change a title of one line.")])
    if len(title) > 120:
        message = f"The title is {len(title)} characters long: 120 at most."
        raise Invalid([Problem(("title",), "title.long", message)])
    return title
