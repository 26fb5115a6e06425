"""`ipvsadm -R` takes the lines that we write, timeouts and sync daemons included."""

import subprocess

import pytest

from lvs.canonical_form import make_table
from lvs.formats import read, write
from lvs.settings import ROLES, SyncDaemon, Timeouts
from tests.lab.inside.conftest import run_ipvsadm
from tests.lab.inside.tool import RUN, assert_comes_to_hold
from tests.lvs.examples import TUTORIAL, WEB
from tests.lvs.random_tables import random_table

MASTER = SyncDaemon("master", "lo", 3, 1400, "224.0.0.82", 8849, 2)


@pytest.fixture(autouse=True)
def _no_daemons(ipvsadm):
    yield
    for role in ROLES:
        subprocess.run(["ipvsadm", "--stop-daemon", role], capture_output=True, check=False)
    ipvsadm("--set 900 120 300")


def restore(text):
    subprocess.run(["ipvsadm", "-R"], input=text, text=True, check=True)


@pytest.mark.parametrize(
    "sync", [None, (), (MASTER,), (MASTER, MASTER._replace(role="backup", syncid=9))]
)
def test_a_restored_table_has_its_settings(kernel, sync):
    table = make_table(TUTORIAL.services, Timeouts(700, 60, 50), sync)
    restore(write(table, "ipvsadm")[0])
    assert_comes_to_hold(kernel, table, RUN / "version", 0)


def test_a_restored_table_has_every_service(kernel):
    table = random_table(11, 60)
    restore(write(table, "ipvsadm")[0])
    assert_comes_to_hold(kernel, table, RUN / "version", 0)


def test_what_ipvsadm_saves_by_names_is_what_it_saves_by_numbers():
    ports = (20, 21, 22, 25, 53, 80, 110, 143, 389, 443, 993, 995, 3306, 5432, 8080)
    table = make_table(WEB._replace(port=port, real_servers=()) for port in ports)
    restore(write(table, "ipvsadm")[0])
    assert ":https -s rr" in run_ipvsadm("-S")
    assert read(run_ipvsadm("-S")).table == read(run_ipvsadm("-Sn")).table == table
