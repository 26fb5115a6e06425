"""Settings in what directors say of themselves: kept as they are, refused where they can't be."""

import pytest

from apps.inventory.models import Cluster, Director
from apps.telemetry.models import DirectorStatus
from apps.telemetry.services import BadReport
from lvs.agent import streams
from lvs.canonical_form import make_table
from lvs.documents import scope_to_document, table_to_document
from lvs.model import Scope
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.identities import store_observed

pytestmark = pytest.mark.django_db

DAEMON = SyncDaemon("master", "eth0", 1, 1472)._asdict()
OWNED = scope_to_document(Scope())


@pytest.fixture
def director():
    return Director.objects.create(name="d1", cluster=Cluster.objects.create(name="web"))


def store(director, table, owned=OWNED):
    message = streams.observed(str(director.uuid), 1.0, table=table, owned=owned, owned_digest="")
    store_observed(director=director, message=message)


def test_settings_are_kept(director):
    table = make_table(
        [],
        Timeouts(900, 120, 300),
        (SyncDaemon("master", "eth0", 1),),
        (Sysctl("conntrack", "1"), Sysctl("sync_threshold", "3 50")),
    )
    store(director, table_to_document(table), scope_to_document(table.scope))
    status = DirectorStatus.objects.get(director=director)
    assert status.observed == table_to_document(table)
    assert status.owned == scope_to_document(table.scope)


@pytest.mark.parametrize(
    "settings",
    [
        {"timeouts": []},
        {"timeouts": None},
        {"timeouts": {"tcp": "900"}},
        {"timeouts": {"tcp": True}},
        {"timeouts": {"icmp": 5}},
        {"sync": 5},
        {"sync": [5]},
        {"sync": [{}]},
        {"sync": [DAEMON | {"more": 1}]},
        {"sync": [DAEMON | {"role": 1}]},
        {"sync": [DAEMON | {"interface": None}]},
        {"sync": [DAEMON | {"syncid": "1"}]},
        {"sync": [DAEMON | {"maxlen": [1]}]},
        {"sync": [DAEMON | {"group": 5}]},
        {"sync": [DAEMON | {"group": "eth0"}]},
        {"sync": [DAEMON | {"port": 1.5}]},
        {"sysctls": []},
        {"sysctls": None},
        {"sysctls": {"conntrack": True}},
        {"sysctls": {"conntrack": None}},
        {"sysctls": {"conntrack": [1]}},
        {"sysctls": {"conntrack": 1.5}},
    ],
    ids=str,
)
def test_settings_that_can_not_be_are_refused(director, settings):
    with pytest.raises(BadReport):
        store(director, {"services": []} | settings)
    assert not DirectorStatus.objects.filter(observed__isnull=False).exists()


@pytest.mark.parametrize(
    "owned", [{"timeouts": 5}, {"timeouts": [1]}, {"sysctls": [[]]}, {"sysctls": [None]}], ids=str
)
def test_an_owned_setting_that_can_not_be_is_refused(director, owned):
    with pytest.raises(BadReport):
        store(director, {"services": []}, OWNED | owned)


def test_an_owned_scope_of_the_version_before_is_refused(director):
    with pytest.raises(BadReport):
        store(director, {"services": []}, [{"fwmark": 1, "family": "inet"}])
