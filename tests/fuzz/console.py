"""A console in which there is something to say about everything."""

from datetime import timedelta
from types import SimpleNamespace

from django.test import Client
from django.utils import timezone

from apps.accounts.selectors import factors_of
from apps.accounts.services import grant_role
from apps.changes.drift.selectors import drift_of
from apps.changes.models import Change
from apps.changes.services import reject_change, set_policy
from apps.drains.services import start_drain
from apps.inventory.models import Cluster
from apps.jobs.models import Errand
from apps.jobs.services import ask_director, store_errand_answered
from apps.notify.services import create_webhook
from lvs.agent import streams
from lvs.canonical_form import make_table
from tests.factories import (
    WEB1,
    WEB2,
    make_applied,
    make_cluster,
    make_director,
    make_draft,
    make_service,
    make_submitted,
    make_token,
    make_user,
    observe,
)
from tests.second_factors import give_app
from tests.web.conftest import browser
from tests.web.test_fitness import examined, finding


def console():
    """Everything that the pages below are about. The admin is the author of what is a draft."""
    admin, operator = make_user("admin", "anna"), make_user("operator", "olga")
    approver = make_user("approver", "adil")
    grant_role(actor=None, user=admin, role="emergency", cluster_id=None)
    give_app(admin), give_app(operator)
    cluster = make_cluster("web")
    clashing = make_draft(admin, cluster, _weighing(2), make_service(443))
    make_applied(make_submitted(operator, cluster, _weighing(3)), approver)
    set_policy(actor=admin, cluster=cluster, version=1, approvals=1, free_weights=True)
    cluster = Cluster.objects.get(pk=cluster.pk)
    director = cluster.directors.get()
    made = SimpleNamespace(admin=admin, cluster=cluster, director=director, clashing=clashing)
    made.later = make_applied(make_submitted(operator, cluster, make_service(83)), approver)
    soon = timezone.now() + timedelta(minutes=9)
    Change.objects.filter(pk=made.later.pk).update(confirm_by=soon)
    made.draft = make_draft(admin, cluster, make_service(81))
    made.review = make_submitted(operator, cluster, make_service(82))
    made.rejected = rejected = make_submitted(admin, cluster, make_service(84))
    reject_change(actor=approver, change=rejected, digest=rejected.digest, comment="No")
    made.cluster.refresh_from_db()
    made.drain = start_drain(
        actor=admin,
        cluster=Cluster.objects.get(pk=cluster.pk),
        service=make_service().key,
        address=WEB1.address,
        port=80,
        then="remove",
        minutes=5,
        at_deadline="keep",
        reason="New disk",
    )
    observe(director, make_table([_weighing(9), make_service(83)]))
    made.drift = drift_of(admin, director).difference.shown
    made.errand = ask_director(actor=admin, director=director, kind=Errand.Kind.DOCTOR)
    answer = examined(finding("ok"))
    message = streams.errand_answered(str(director.uuid), 1.0, errand=made.errand.pk, answer=answer)
    store_errand_answered(director=director, message=message)
    made.hook, _ = create_webhook(
        actor=admin, cluster=None, url="https://hooks.example.net/in", events=["failed"]
    )
    made.factor = factors_of(admin, admin)[0].number
    made.person, made.spare = operator, make_director("spare")
    made.grant = operator.grants.get().pk
    made.token, _ = make_token(admin)
    made.session = browser(admin).cookies["sessionid"].value
    for name in ("draft", "review", "clashing"):
        getattr(made, name).refresh_from_db()
    return made


def _weighing(weight):
    return make_service(80, "rr", servers=(WEB1._replace(weight=weight), WEB2))


def signed_in(made):
    """A browser of the admin's, as if nothing had been done with it before."""
    client = Client()
    client.cookies["sessionid"] = made.session
    return client
