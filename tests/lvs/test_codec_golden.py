"""Our messages against the bytes that ipvsadm 1.31 sent, recorded in the lab."""

import json
import sys
from pathlib import Path

import pytest

from lvs.netlink.attributes import attributes
from lvs.netlink.encode import encode_step
from lvs.netlink.schema import IpvsMessage
from lvs.netlink.uapi import CommandAttr, DestAttr, ServiceAttr
from tests.lvs.golden_cases import cases
from tests.lvs.golden_settings import setting_cases, zero_cases

GOLDEN = json.loads((Path(__file__).parent / "golden" / "ipvsadm.json").read_text())
CASES = cases()
ADDRESSES = {(CommandAttr.SERVICE, ServiceAttr.ADDR), (CommandAttr.DEST, DestAttr.ADDR)}
FAMILIES = {CommandAttr.SERVICE: ServiceAttr.AF, CommandAttr.DEST: DestAttr.ADDR_FAMILY}
SURPLUS = {
    # ipvsadm names a service by all its attributes, of which the kernel reads the identity only
    CommandAttr.SERVICE: {
        ServiceAttr.SCHED_NAME,
        ServiceAttr.FLAGS,
        ServiceAttr.TIMEOUT,
        ServiceAttr.NETMASK,
    },
    # and a real server that it deletes
    CommandAttr.DEST: set(DestAttr) - {DestAttr.ADDR, DestAttr.PORT, DestAttr.ADDR_FAMILY},
}


def recorded(arguments):
    return bytes.fromhex(GOLDEN[arguments]["attributes"])


def raw_attributes(data):
    """(outer number, inner number) → raw value; an IPv4 address without what pads it to 16 bytes."""
    found = {}
    for outer, nested in attributes(data).items():
        inner = attributes(nested)
        for number, value in inner.items():
            short = (outer, number) in ADDRESSES and inner[FAMILIES[outer]] == b"\2\0"
            found[outer, number] = value[:4] if short else value
    return found


def test_every_case_was_recorded():
    assert GOLDEN.keys() == CASES.keys() | setting_cases().keys() | zero_cases().keys()


@pytest.mark.parametrize("arguments", CASES)
def test_attributes_are_those_of_ipvsadm(arguments):
    command, data = encode_step(CASES[arguments])
    ours, theirs = raw_attributes(data), raw_attributes(recorded(arguments))
    assert command == GOLDEN[arguments]["command"]
    assert ours == {key: theirs[key] for key in ours}
    for outer, number in theirs.keys() - ours.keys():
        assert number in SURPLUS[CommandAttr(outer)]


@pytest.mark.parametrize("arguments", [a for a in CASES if a.startswith(("-A", "-E"))])
def test_message_of_a_whole_service_is_ipvsadms_to_the_byte(arguments):
    assert encode_step(CASES[arguments])[1] == recorded(arguments)


@pytest.mark.parametrize("arguments", [a for a in CASES if a.startswith(("-a", "-e"))])
def test_part_of_a_whole_real_server_is_ipvsadms_to_the_byte(arguments):
    ours = attributes(encode_step(CASES[arguments])[1])[CommandAttr.DEST]
    theirs = attributes(recorded(arguments))[CommandAttr.DEST]
    if CASES[arguments].service.family == "inet":  # else it leaves old bytes behind an IPv4 address
        assert ours == theirs


def test_every_attribute_that_can_be_set_is_in_a_recording():
    seen = {key for arguments in CASES for key in raw_attributes(recorded(arguments))}
    service = set(ServiceAttr) - {ServiceAttr.STATS, ServiceAttr.STATS64}
    dest = {
        *(DestAttr.ADDR, DestAttr.PORT, DestAttr.ADDR_FAMILY, DestAttr.FWD_METHOD),
        *(DestAttr.WEIGHT, DestAttr.U_THRESH, DestAttr.L_THRESH),
        *(DestAttr.TUN_TYPE, DestAttr.TUN_PORT, DestAttr.TUN_FLAGS),
    }
    wanted = {(CommandAttr.SERVICE, number) for number in service}
    assert seen == wanted | {(CommandAttr.DEST, number) for number in dest}


def by_schema(command, data):
    """The message as pyroute2 reads it by our schema."""
    message = IpvsMessage()
    message["cmd"], message["version"] = command, 1
    message.encode()
    whole = bytearray(message.data + data)
    whole[0:4] = len(whole).to_bytes(4, sys.byteorder)
    read = IpvsMessage(bytes(whole))
    read.decode()
    return read


def plain(value):
    """A value that pyroute2 read, as one writes it by hand."""
    if isinstance(value, dict) and "attrs" in value:
        return {"attrs": [(name, plain(inner)) for name, inner in value["attrs"]]}
    if isinstance(value, dict):
        return {key: value[key] for key in ("flags", "mask")}
    return value


@pytest.mark.parametrize("arguments", CASES)
def test_schema_reads_and_writes_the_same_bytes(arguments):
    command, data = encode_step(CASES[arguments])
    again = IpvsMessage()
    again["cmd"], again["version"] = command, 1
    again["attrs"] = plain(by_schema(command, data))["attrs"]
    again.encode()
    assert raw_attributes(bytes(again.data[20:])) == raw_attributes(data)


def test_schema_knows_the_order_of_bytes_of_a_netmask_and_of_ports():
    message = by_schema(1, recorded("-A -t [2001:db8::1]:81 -p 300 -M 56"))
    service = message.get_attr("IPVS_CMD_ATTR_SERVICE")
    assert service.get_attr("IPVS_SVC_ATTR_PORT") == 81
    assert service.get_attr("IPVS_SVC_ATTR_NETMASK") == (56).to_bytes(4, sys.byteorder)
    gue = "-a -t 192.0.2.1:80 -r 198.51.100.6:80 -i --tun-type gue --tun-port 6081 --tun-csum"
    dest = by_schema(5, recorded(gue)).get_attr("IPVS_CMD_ATTR_DEST")
    assert dest.get_attr("IPVS_DEST_ATTR_TUN_PORT") == 6081
