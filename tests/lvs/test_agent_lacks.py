"""What a kernel surely lacks, by how it was built and what it can load."""

import pytest

from lvs.agent.lacks import lacking
from lvs.doctor.host import Host, Modules

WHOLE = {"IP_VS_IPV6": "y", "IP_VS_PROTO_SCTP": "y", "IP_VS_PE_SIP": "m"}


def test_what_is_not_known_is_there():
    assert lacking(Host(), ipv6=True) == []


def test_a_kernel_with_everything_lacks_nothing():
    assert lacking(Host(config=WHOLE), ipv6=True) == []


@pytest.mark.parametrize(
    ("option", "lacks"),
    [("IP_VS_IPV6", "inet6"), ("IP_VS_PROTO_SCTP", "sctp"), ("IP_VS_PE_SIP", "sip")],
)
def test_what_it_was_built_without_is_lacking(option, lacks):
    config = {name: value for name, value in WHOLE.items() if name != option}
    assert lacking(Host(config=config), ipv6=True) == [lacks]


def test_a_kernel_that_runs_without_ipv6_lacks_it():
    assert lacking(Host(), ipv6=False) == ["inet6"]


@pytest.mark.parametrize(("loaded", "lacks"), [((), []), (("ipv6",), ["inet6"])])
def test_ipv6_that_may_still_be_loaded_is_not_lacking(loaded, lacks):
    modules = Modules(loadable=frozenset({"ipv6"}), loaded=frozenset(loaded))
    assert lacking(Host(modules=modules), ipv6=False) == lacks


def test_an_engine_that_none_of_the_lists_names_is_lacking():
    assert lacking(Host(modules=Modules(known=True)), ipv6=True) == ["sip"]
