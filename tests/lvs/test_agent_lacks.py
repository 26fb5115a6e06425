"""What a kernel surely lacks, read from how it was built and what it can load."""

import gzip
import os

import pytest

from lvs.agent.lacks import lacking


@pytest.fixture
def places(tmp_path):
    """/proc, /lib/modules and /boot of a kernel of which nothing is known but that it has IPv6."""
    proc, modules, boot = (tmp_path / name for name in ("proc", "modules", "boot"))
    (proc / "net").mkdir(parents=True)
    (proc / "net/if_inet6").touch()
    (modules / os.uname().release).mkdir(parents=True)
    boot.mkdir()
    return proc, modules, boot


def built(places, *options):
    text = "".join(f"CONFIG_{option}\n" for option in options)
    (places[0] / "config.gz").write_bytes(gzip.compress(text.encode()))


def test_what_is_not_known_is_there(places):
    assert lacking(*places) == []


def test_a_kernel_with_everything_lacks_nothing(places):
    built(places, "IP_VS_IPV6=y", "IP_VS_PROTO_SCTP=y", "IP_VS_PE_SIP=m")
    assert lacking(*places) == []


@pytest.mark.parametrize(
    ("options", "lacks"),
    [
        (("IP_VS_PROTO_SCTP=y", "IP_VS_PE_SIP=y"), ["inet6"]),
        (("IP_VS_IPV6=y", "IP_VS_PE_SIP=y"), ["sctp"]),
        (("IP_VS_IPV6=y", "IP_VS_PROTO_SCTP=y"), ["sip"]),
    ],
)
def test_what_it_was_built_without_is_lacking(places, options, lacks):
    built(places, *options)
    assert lacking(*places) == lacks


def test_a_kernel_that_runs_without_ipv6_lacks_it(places):
    (places[0] / "net/if_inet6").unlink()
    assert lacking(*places) == ["inet6"]


@pytest.mark.parametrize(("loaded", "lacks"), [("", []), ("ipv6 1 1 - Live 0x0\n", ["inet6"])])
def test_ipv6_that_may_still_be_loaded_is_not_lacking(places, loaded, lacks):
    (places[0] / "net/if_inet6").unlink()
    (places[0] / "modules").write_text(loaded)
    (places[1] / os.uname().release / "modules.dep").write_text("kernel/net/ipv6/ipv6.ko:\n")
    assert lacking(*places) == lacks


def test_a_module_that_none_of_the_lists_names_is_lacking(places):
    folder = places[1] / os.uname().release
    (folder / "modules.dep").write_text("kernel/net/netfilter/ipvs/ip_vs.ko:\n")
    (folder / "modules.builtin").write_text("")
    assert lacking(*places) == ["sip"]
