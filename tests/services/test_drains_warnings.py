"""What may hinder a drain, from the service and the sysctls of its directors."""

import pytest

from apps.drains.warnings import warnings_of
from lvs.canonical_form import make_table
from lvs.settings import Sysctl
from tests.factories import (
    make_director,
    make_service,
    observe,
)
from tests.services.draining import SERVICE

pytestmark = pytest.mark.django_db


def warned(cluster, service, **sysctls):
    table = make_table([service], sysctls=tuple(Sysctl(n, v) for n, v in sysctls.items()))
    observe(cluster.directors.get(), table)
    return " ".join(warnings_of(cluster, make_table([service]), service))


WELL = {
    "expire_nodest_conn": "1",
    "expire_quiescent_template": "1",
    "conn_reuse_mode": "1",
}


def test_with_all_set_well_nothing_is_warned_of(cluster):
    assert warned(cluster, SERVICE, **WELL) == ""


def test_mh_without_fallback_is_warned_of(cluster):
    assert "without the flag mh-fallback" in warned(cluster, make_service(scheduler="mh"), **WELL)
    flagged = make_service(scheduler="mh", flags=("mh-fallback",))
    assert warned(cluster, flagged, **WELL) == ""


def test_persistence_is_warned_of_and_the_sysctl_that_ends_it(cluster):
    sticky = make_service(persistence=300)
    assert "stick to their real server for 300 seconds" in warned(cluster, sticky, **WELL)
    off = warned(cluster, sticky, **WELL | {"expire_quiescent_template": "0"})
    assert "expire_quiescent_template" in off


def test_a_reused_port_is_warned_of(cluster):
    assert "conn_reuse_mode" in warned(cluster, SERVICE, **WELL | {"conn_reuse_mode": "0"})


def test_udp_that_is_dropped_in_silence_is_warned_of(cluster):
    udp = make_service(protocol="udp", port=53)
    assert "expire_nodest_conn" in warned(cluster, udp, **WELL | {"expire_nodest_conn": "0"})


def test_a_director_that_told_nothing_is_said(cluster):
    cluster.directors.get().status.delete()
    cluster.directors.add(make_director("silent", holds=None))
    assert "silent: It has not told its sysctls" in " ".join(
        warnings_of(cluster, make_table([SERVICE]), SERVICE)
    )
