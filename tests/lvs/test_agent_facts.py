"""Facts of a director, read from what its kernel shows to everybody."""

import os
from pathlib import Path

import pytest

from lvs import __version__
from lvs.agent.facts import Facts, agent_version, schedulers_among
from lvs.netlink.kernel import KernelInfo


def test_schedulers_are_told_from_other_modules():
    modules = ["ip_vs_wrr", "ip_vs_ftp", "ip_vs_pe_sip", "ip_vs", "nf_conntrack"]
    assert schedulers_among(modules) == {"wrr"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder with the lists of this kernel's modules."""
    monkeypatch.setattr("lvs.agent.facts._MODULES", tmp_path)
    folder = tmp_path / os.uname().release
    folder.mkdir()
    return folder


def test_loadable_and_builtin_schedulers_are_found(folder):
    (folder / "modules.builtin").write_text("kernel/net/netfilter/ipvs/ip_vs_rr.ko\n")
    (folder / "modules.dep").write_text(
        "kernel/net/netfilter/ipvs/ip_vs_mh.ko.xz: kernel/net/netfilter/ipvs/ip_vs.ko.xz\n"
        "kernel/net/netfilter/ipvs/ip_vs.ko.xz:\n"
    )
    assert {"mh", "rr"} <= set(Facts().gather(None)["schedulers"])


def test_facts_are_complete_with_and_without_ipvs():
    with_ipvs = Facts().gather(KernelInfo("1.2.1", 4096))
    without = Facts().gather(None)
    assert with_ipvs.keys() == without.keys()
    assert (with_ipvs["ipvs_version"], without["ipvs_version"]) == ("1.2.1", "")
    wanted = {"interface", "address", "prefix"}
    assert all(set(entry) == wanted for entry in without["addresses"])
    assert all(0 <= entry["prefix"] <= 128 for entry in without["addresses"])
    assert not any(entry["address"].startswith("127.") for entry in without["addresses"])


def test_schedulers_are_all_only_where_the_lists_of_modules_can_be_read(folder):
    assert Facts().gather(None)["all_schedulers"] is False
    (folder / "modules.dep").write_text("")
    assert Facts().gather(None)["all_schedulers"] is False
    (folder / "modules.builtin").write_text("")
    assert Facts().gather(None)["all_schedulers"] is True


def refusing_below(folder, real):
    def call(path, *args, **kwargs):
        if folder in path.parents:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **kwargs)

    return call


def test_modules_that_are_not_ours_to_read_are_not_known(tmp_path, monkeypatch):
    for name in ("stat", "open"):  # root may read everything: the refusal is played
        monkeypatch.setattr(Path, name, refusing_below(tmp_path, getattr(Path, name)))
    monkeypatch.setattr("lvs.agent.facts._MODULES", tmp_path)
    assert Facts().gather(None)["all_schedulers"] is False


@pytest.mark.parametrize(
    ("versions", "lacks"), [(["ipv4", "ipv6"], []), (["ipv4"], ["inet6"]), ([], [])]
)
def test_ipv6_is_lacking_where_the_kernel_has_sysctls_of_ipv4_only(
    tmp_path, monkeypatch, versions, lacks
):
    for name in ("_PROC", "_MODULES", "_BOOT"):
        monkeypatch.setattr(f"lvs.agent.facts.{name}", tmp_path)
    for version in versions:
        folder = tmp_path / "sys/net" / version / "conf/all"
        folder.mkdir(parents=True)
        (folder / "forwarding").write_text("1\n")
    assert Facts().gather(None)["lacks"] == lacks


def test_the_agent_says_the_projects_version():
    assert agent_version().split()[0] == __version__
