"""People, clusters and changes for tests: plain functions that go through the services, as pages do."""

import time
from datetime import timedelta
from itertools import count

from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import create_token, create_user, grant_role, revoke_role
from apps.changes.models import Change
from apps.changes.selectors import table_of
from apps.changes.services import (
    approve_change,
    end_change,
    open_draft,
    put_service,
    put_settings,
    start_change,
    submit_change,
)
from apps.inventory.models import Cluster, Director
from apps.inventory.services import add_director, create_cluster, create_revision
from lvs.agent import streams
from lvs.canonical_form import make_table
from lvs.documents import scope_to_document, table_to_document
from lvs.model import EMPTY, RealServer, VirtualService
from lvs.settings import Sysctl, Timeouts
from tests.identities import enrol, store_heartbeat, store_observed

PASSWORD = "long-enough-to-pass"
WEB1, WEB2 = RealServer("192.168.1.103", 80), RealServer("192.168.1.104", 80)

_number = count(1)


def make_user(role, username=None, full_name=""):
    """Somebody with this role, who signs in with PASSWORD."""
    name = username or f"{role}-{next(_number)}"
    return create_user(actor=None, username=name, password=PASSWORD, full_name=full_name, role=role)


def make_user_of(cluster, role):
    """Somebody who has this role in this cluster, and none anywhere else."""
    user = make_user("viewer")
    everywhere = user.grants.get()
    grant_role(actor=None, user=user, role=role, cluster_id=cluster.pk)
    revoke_role(actor=None, grant=everywhere)
    return User.objects.get(pk=user.pk)


def make_token(owner, role="viewer", cluster=None, name=None, days=30):
    """A token of theirs, and its text."""
    return create_token(
        actor=owner,
        name=f"program-{next(_number)}" if name is None else name,
        role=role,
        cluster_id=cluster and cluster.pk,
        expires_at=timezone.now() + timedelta(days=days),
    )


def make_director(name=None, holds=EMPTY):
    """A director that reported to hold this table, all of it ours; None: it never reported."""
    director = add_director(actor=None, name=name or f"director-{next(_number)}")
    enrol(director)
    if holds is not None:
        observe(director, holds)
    return director


def make_cluster(name=None, directors=1):
    """A cluster with so many (or exactly these) directors that hold nothing."""
    if isinstance(directors, int):
        directors = [make_director() for _ in range(directors)]
    return create_cluster(
        actor=make_user("admin"), name=name or f"cluster-{next(_number)}", directors=directors
    )


def observe(director, ours, foreign=EMPTY):
    """The director reports that its kernel holds both tables, and that the first is ours.

    Settings: those of `ours`, and of the second those that the first doesn't decide.
    """
    both = make_table(
        [*ours.services, *foreign.services],
        Timeouts(
            *(own or other for own, other in zip(ours.timeouts, foreign.timeouts, strict=True))
        ),
        foreign.sync if ours.sync is None else ours.sync,
        tuple(Sysctl(*item) for item in (dict(foreign.sysctls) | dict(ours.sysctls)).items()),
    )
    message = streams.observed(
        str(director.uuid),
        time.time(),
        table=table_to_document(both),
        owned=scope_to_document(ours.scope),
        owned_digest=ours.digest,
    )
    store_observed(director=director, message=message)


def tell(director, **facts):
    """The director says this of itself; what it doesn't say is a kernel 6.1 with the schedulers rr, wrr
    and wlc, and no others."""
    said = {"kernel": "6.1.0", "schedulers": ["rr", "wrr", "wlc"], "all_schedulers": True}
    message = streams.heartbeat(
        str(director.uuid),
        time.time(),
        facts=said | facts,
        revision=0,
        owned_digest="",
        problem="",
    )
    store_heartbeat(director=director, message=message)


def make_service(port=80, scheduler="rr", servers=(WEB1, WEB2), **fields):
    """The tutorial's service: TCP 192.168.49.134 with both real servers."""
    fields = {"address": "192.168.49.134", "protocol": "tcp"} | fields
    return VirtualService(
        family="inet",
        port=port,
        fwmark=0,
        scheduler=scheduler,
        real_servers=tuple(servers),
        **fields,
    )


def make_draft(author, cluster, *services, title="Balance the web", reason="Launch day"):
    """A draft on the cluster's head of now, in which these services were put."""
    cluster = Cluster.objects.get(pk=cluster.pk)
    change = open_draft(actor=author, cluster=cluster, title=title, reason=reason)
    for service in services:
        change = put(change, service)
    return change


def put(change, service):
    """The author puts the service into the draft, in the place of one with the same key."""
    old_key = service.key if service.key in table_of(change).by_key() else None
    return put_service(
        actor=change.author,
        change=change,
        version=change.version,
        old_key=old_key,
        service=service,
    )


def decide(change, **settings):
    """The author puts these settings into the draft: `timeouts`, `sync`, `sysctls`; others stay."""
    kept = table_of(change)._replace(**settings)
    timeouts, sync, sysctls = kept.settings
    return put_settings(
        actor=change.author,
        change=change,
        version=change.version,
        timeouts=timeouts,
        sync=sync,
        sysctls=sysctls,
    )


def make_submitted(author, cluster, *services, **details):
    """A change in review; without services it puts the tutorial's one."""
    change = make_draft(author, cluster, *(services or (make_service(),)), **details)
    return submit_change(actor=author, change=change)


def make_applied(change, approver):
    """The submitted change, approved and verified by all its directors: its table is the head now."""
    change = approve_change(actor=approver, change=change, digest=change.digest)
    revision = create_revision(cluster=change.cluster, table=change.table, digest=change.digest)
    start_change(actor=approver, change=change, revision=revision)
    for director in Director.objects.filter(cluster=change.cluster):
        observe(director, table_of(change))
    end_change(change=change, state=Change.State.APPLIED)
    return Change.objects.get(pk=change.pk)
