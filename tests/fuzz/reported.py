"""A good report of each kind, from a director with a run that waits and a question that wasn't answered."""

import logging
import time
from contextlib import contextmanager
from types import SimpleNamespace

from django.db import transaction

from apps.jobs.models import Errand
from apps.jobs.relay.intake import store_report
from apps.jobs.services import ask_director
from lvs.agent import streams
from lvs.canonical_form import make_table
from lvs.documents import scope_to_document, table_to_document
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.applying import run_finished, run_started, run_steps, started, world
from tests.factories import WEB1, make_service
from tests.identities import signed

TUNNEL = WEB1._replace(
    port=81,
    forwarding="tunnel",
    tunnel_type="gue",
    tunnel_port=6080,
    upper_threshold=9,
    lower_threshold=3,
)
TABLE = make_table(
    [
        make_service(),
        make_service(port=81, servers=[TUNNEL], scheduler="sh", flags=("sh-port",), persistence=9),
        make_service()._replace(address="", protocol="", port=0, fwmark=7),
    ],
    Timeouts(900, 120, 300),
    (SyncDaemon("master", "eth0", 1), SyncDaemon("backup", "eth0", 1)),
    (Sysctl("conn_reuse_mode", "1"), Sysctl("sync_threshold", "3 50")),
)
FACTS = {
    "hostname": "lb-1",
    "kernel": "6.1.0",
    "agent_version": "1",
    "ipvs_version": "1.2.1",
    "connection_table_size": 4096,
    "schedulers": ["rr", "wlc"],
    "all_schedulers": True,
    "lacks": ["sip"],
    "addresses": [{"interface": "eth0", "address": "192.0.2.1", "prefix": 24}],
    "ip_forward": True,
    "ip6_forward": False,
}


def setting(errand_kind=Errand.Kind.CONNECTIONS, arguments=None):
    """The director, its run, the errand, and its report of each kind."""
    run = started(world()).runs.select_related("director", "change__revision").get()
    errand = ask_director(
        actor=run.change.author, director=run.director, kind=errand_kind, arguments=arguments
    )
    uuid = str(run.director.uuid)
    reports = {
        "heartbeat": streams.heartbeat(
            uuid, 1.0, facts=FACTS, revision=1, owned_digest="d", problem=""
        ),
        "observed": streams.observed(
            uuid,
            1.0,
            table=table_to_document(TABLE),
            owned=scope_to_document(TABLE.scope),
            owned_digest=TABLE.digest,
        ),
        "run_started": run_started(run),
        "run_steps": run_steps(run, 0, 1),
        "run_finished": run_finished(run),
        "refused": streams.refused(uuid, 1.0, what="order", reason="the order expired"),
        "errand_answered": streams.errand_answered(uuid, 1.0, errand=errand.pk, answer={}),
    }
    reports = {
        kind: {"session": "a life", "number": 1} | report for kind, report in reports.items()
    }
    return SimpleNamespace(director=run.director, run=run, errand=errand, reports=reports)


def store(director, data):
    """What the relay makes of these bytes, signed with the director's key."""
    store_report(director, signed("report", director.uuid, data), time.time())


@contextmanager
def undone():
    """What is written in it is as if it had never been."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def heard(logger="apps.jobs"):
    """The lines of the log: each is short, and a text that a log can hold."""
    lines, handler = [], logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    log = logging.getLogger(logger)
    log.addHandler(handler)
    log.propagate, before = False, log.propagate
    try:
        yield lines
    finally:
        log.removeHandler(handler)
        log.propagate = before
    assert all(len(line.encode()) < 2000 for line in lines)
