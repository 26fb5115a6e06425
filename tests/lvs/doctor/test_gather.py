"""Reading a host from its files."""

import gzip

from lvs.doctor import examine
from lvs.doctor.firewall import read_firewall
from lvs.doctor.gather import Places, gather, read_held, read_sysctls
from lvs.doctor.host import Modules
from lvs.doctor.modules import config_places, read_config, read_modules
from tests.lvs.examples import TUTORIAL


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_modules_are_told_apart(tmp_path):
    write(tmp_path / "modules", "ip_vs_rr 16384 1 - Live 0x0\nip_vs 180224 4 ip_vs_rr, Live 0x0\n")
    write(tmp_path / "lib/modules.builtin", "kernel/net/ipv4/tunnel4.ko\n")
    write(
        tmp_path / "lib/modules.dep",
        "kernel/net/netfilter/ipvs/ip_vs_mh.ko.xz: kernel/lib/x.ko\nkernel/net/ipv4/ip-gre.ko:\n",
    )
    assert read_modules(tmp_path, tmp_path / "lib") == Modules(
        loaded=frozenset({"ip_vs_rr", "ip_vs"}),
        builtin=frozenset({"tunnel4"}),
        loadable=frozenset({"ip_vs_mh", "ip_gre"}),
        known=True,
    )


def test_without_its_files_a_kernel_is_not_known(tmp_path):
    assert read_modules(tmp_path, tmp_path / "lib") == Modules()


def test_how_modules_may_be_loaded(tmp_path):
    write(tmp_path / "sys/kernel/modules_disabled", "1\n")
    write(tmp_path / "sys/kernel/modprobe", "\n")
    found = read_modules(tmp_path, tmp_path)
    assert (found.locked, found.by_hand) == (True, True)


BUILD = "CONFIG_IP_VS=m\n# CONFIG_IP_VS_TWOS is not set\nCONFIG_IP_VS_IPV6=y\n"


def test_the_build_comes_from_proc_first(tmp_path):
    (tmp_path / "config.gz").write_bytes(gzip.compress(BUILD.encode()))
    other = write(tmp_path / "config-6.1", "CONFIG_IP_VS=y\n")
    assert read_config(tmp_path, [other]) == {"IP_VS": "m", "IP_VS_IPV6": "y"}


def test_the_build_comes_from_boot_next(tmp_path):
    write(tmp_path / "config-6.1", BUILD)
    places = config_places("6.1", tmp_path, tmp_path / "lib")
    assert read_config(tmp_path / "proc", places) == {"IP_VS": "m", "IP_VS_IPV6": "y"}


def test_a_build_that_is_nowhere_or_damaged_is_not_known(tmp_path):
    assert read_config(tmp_path, []) is None
    (tmp_path / "config.gz").write_bytes(b"no gzip")
    assert read_config(tmp_path, []) is None
    (tmp_path / "config.gz").write_bytes(gzip.compress(BUILD.encode())[:-12])
    assert read_config(tmp_path, []) is None


def test_sysctls_are_read_by_name_and_missing_ones_left_out(tmp_path):
    write(tmp_path / "sys/net/ipv4/ip_forward", "1\n")
    write(tmp_path / "sys/net/ipv4/conf/eth0.7/rp_filter", "2\n")
    write(tmp_path / "sys/net/ipv4/vs/sync_threshold", "3\t50\n")
    assert read_sysctls(tmp_path, ["eth0.7"]) == {
        "net/ipv4/ip_forward": "1",
        "net/ipv4/conf/eth0.7/rp_filter": "2",
        "net/ipv4/vs/sync_threshold": "3 50",
    }


def test_a_legacy_firewall_is_its_tables(tmp_path):
    assert read_firewall(tmp_path, Modules()) is False
    names = write(tmp_path / "net/ip_tables_names", "")
    assert read_firewall(tmp_path, Modules()) is False
    names.write_text("filter\n")
    assert read_firewall(tmp_path, Modules()) is True


def test_without_ipvs_there_is_nothing_to_read(tmp_path):
    assert read_held(Places(proc=tmp_path)) is None


def test_the_right_is_read_from_the_process(tmp_path):
    status = tmp_path / "self/status"
    for capabilities, expected in (("0000000000001000", True), ("0000000000000fff", False)):
        write(status, f"Name:\tpython\nCapEff:\t{capabilities}\n")
        assert gather(TUTORIAL, None, Places(proc=tmp_path)).may_admin is expected


def test_any_host_can_be_examined():
    document = examine(TUTORIAL)
    assert {f["subject"] for f in document["findings"]} >= {"ip_vs", "192.168.49.134", "lo"}


def test_a_right_in_a_user_namespace_is_none(tmp_path):
    write(tmp_path / "self/status", "CapEff:\t000001ffffffffff\n")
    write(tmp_path / "self/uid_map", "         0       1000          1\n")
    assert not gather(TUTORIAL, None, Places(proc=tmp_path)).may_admin
    assert gather(TUTORIAL, TUTORIAL, Places(proc=tmp_path)).may_admin  # the kernel let it read
