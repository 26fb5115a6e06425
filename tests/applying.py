"""A change on its way to directors, made through the services as pages make it."""

import time
from itertools import count
from types import SimpleNamespace

from django.db import transaction

from apps.accounts.services import create_user
from apps.changes.services import open_draft, put_service, submit_change
from apps.inventory.models import Director
from apps.inventory.services import add_director, create_cluster
from apps.jobs.models import Run
from apps.jobs.services import approve_and_start, store_run_finished
from apps.jobs.services.turns import queue_run
from lvs.agent import streams
from lvs.documents import scope_to_document, table_from_document, table_to_document
from lvs.model import EMPTY, RealServer, VirtualService
from tests.identities import enrol, store_observed

SERVICE = VirtualService(
    "inet",
    "tcp",
    "192.168.49.134",
    80,
    0,
    scheduler="rr",
    real_servers=(RealServer("192.168.1.103", 80), RealServer("192.168.1.104", 80)),
)
STEPS = [
    {"text": "Add tcp 192.168.49.134:80", "command": "ipvsadm -A -t 192.168.49.134:80 -s rr"},
    {"text": "Add 192.168.1.103:80", "command": "ipvsadm -a -t 192.168.49.134:80 -r 192.168.1.103"},
]
DONE = [step | {"state": "done", "error": ""} for step in STEPS]

_number = count(1)


def person(role):
    """A new user with the role; the first admin is made by the system."""
    return create_user(
        actor=None, username=f"{role}-{next(_number)}", password="long-enough-to-pass", role=role
    )


def world(directors=1):
    """A cluster with directors that hold nothing, an operator and an approver."""
    admin = person("admin")
    made = [add_director(actor=admin, name=f"d{i}-{next(_number)}") for i in range(directors)]
    for director in made:
        enrol(director)
        observe(director, EMPTY)
    cluster = create_cluster(actor=admin, name=f"web-{next(_number)}", directors=made)
    return SimpleNamespace(
        cluster=cluster,
        directors=[Director.objects.get(pk=director.pk) for director in made],
        operator=person("operator"),
        approver=person("approver"),
    )


def observe(director, table):
    """The director says that it holds this table, all of it ours."""
    message = streams.observed(
        str(director.uuid),
        time.time(),
        table=table_to_document(table),
        owned=scope_to_document(table.scope),
        owned_digest=table.digest,
    )
    store_observed(director=director, message=message)


def submitted(made, scheduler="rr"):
    """A change in review that puts one service with the scheduler."""
    made.cluster.refresh_from_db()
    change = open_draft(
        actor=made.operator, cluster=made.cluster, title=f"Use {scheduler}", reason="A test"
    )
    put_service(
        actor=made.operator,
        change=change,
        version=change.version,
        old_key=SERVICE.key if made.cluster.head_id else None,
        service=SERVICE._replace(scheduler=scheduler),
    )
    change.refresh_from_db()
    submit_change(actor=made.operator, change=change, adopt=False, allow_empty=False)
    change.refresh_from_db()
    return change


def started(made, scheduler="rr"):
    """An approved change whose runs wait to be delivered."""
    change = submitted(made, scheduler)
    approve_and_start(actor=made.approver, change=change, digest=change.digest, comment="Fine")
    change.refresh_from_db()
    return change


def queue_all(change):
    """Every director's turn at once, as when a change is taken back."""
    with transaction.atomic():
        waiting = Run.objects.filter(change_id=change.pk, state=Run.State.WAITING)
        for run in waiting.select_related("change__revision", "director"):
            queue_run(run)


def verified(change):
    """Every director of the started change, one after the other, verifies it and holds it."""
    while run := change.runs.filter(state=Run.State.QUEUED).select_related("director").first():
        observe(run.director, table_from_document(change.table))
        store_run_finished(director=run.director, message=run_finished(run))
    change.refresh_from_db()
    return change


def run_started(run, steps=STEPS, **other):
    """The message of the run's director: it begins."""
    message = streams.run_started(
        str(run.director.uuid), 1.0, run=run.pk, revision=run.change.revision.number, steps=steps
    )
    return message | other


def run_steps(run, *indexes, state="done", error=""):
    """The message of the run's director: these steps ended so."""
    results = [{"index": index, "state": state, "error": error} for index in indexes]
    return streams.run_steps(str(run.director.uuid), 1.0, run=run.pk, results=results)


def run_finished(run, state="verified", steps=DONE, **other):
    """The message of the run's director: the end."""
    message = streams.run_finished(
        str(run.director.uuid),
        1.0,
        run=run.pk,
        revision=run.change.revision.number,
        state=state,
        digest=run.change.digest,
        steps=steps,
    )
    return message | other


def holds_what_was_approved(change):
    """The directors of the change observe its table."""
    table = table_from_document(change.table)
    for plan in change.plans.select_related("director"):
        observe(plan.director, table)
