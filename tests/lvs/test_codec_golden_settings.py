"""Our messages for settings and counters against the bytes that ipvsadm 1.31 sent."""

import pytest

from lvs.netlink.attributes import attributes
from lvs.netlink.encode import encode_step, encode_zero
from lvs.netlink.schema import IpvsMessage
from lvs.netlink.settings_codec import decode_daemon
from lvs.netlink.uapi import Command, CommandAttr, DaemonAttr
from lvs.settings import SYNC_PORT, SYNC_TTL, canonical_daemon
from tests.lvs.golden_settings import setting_cases, zero_cases
from tests.lvs.test_codec_golden import GOLDEN, SURPLUS, by_schema, plain, raw_attributes, recorded

SETTINGS, ZEROS = setting_cases(), zero_cases()
STARTS = [args for args in SETTINGS if args.startswith("--start")]
STOPS = [args for args in SETTINGS if args.startswith("--stop")]
WHOLE = [args for args in SETTINGS if "--mcast-ttl" in args or args.startswith("--set")]
"""ipvsadm sends options of a daemon only where they are given; here all are."""
DEFAULTS = {
    # what the kernel takes where ipvsadm says nothing (ip_vs_genl_new_daemon, start_sync_thread)
    DaemonAttr.SYNC_MAXLEN: (1472).to_bytes(2, "little"),
    DaemonAttr.MCAST_GROUP: bytes([224, 0, 0, 81]),
    DaemonAttr.MCAST_PORT: SYNC_PORT.to_bytes(2, "little"),
    DaemonAttr.MCAST_TTL: bytes([SYNC_TTL]),
}


def of_daemon(data):
    return attributes(attributes(data)[CommandAttr.DAEMON])


@pytest.mark.parametrize("arguments", SETTINGS)
def test_the_command_is_ipvsadms(arguments):
    assert encode_step(SETTINGS[arguments])[0] == GOLDEN[arguments]["command"]


@pytest.mark.parametrize("arguments", WHOLE)
def test_message_with_every_option_is_ipvsadms_to_the_byte(arguments):
    assert encode_step(SETTINGS[arguments])[1] == recorded(arguments)


@pytest.mark.parametrize("arguments", STARTS)
def test_options_that_ipvsadm_leaves_out_are_sent_with_the_kernels_default(arguments):
    ours, theirs = of_daemon(encode_step(SETTINGS[arguments])[1]), of_daemon(recorded(arguments))
    assert theirs.items() <= ours.items()
    for number in ours.keys() - theirs.keys():
        assert ours[number] == DEFAULTS[number]


@pytest.mark.parametrize("arguments", STOPS)
def test_a_daemon_is_stopped_by_its_role_alone(arguments):
    ours, theirs = of_daemon(encode_step(SETTINGS[arguments])[1]), of_daemon(recorded(arguments))
    assert ours == {DaemonAttr.STATE: theirs[DaemonAttr.STATE]}
    # what ipvsadm adds says nothing
    assert theirs[DaemonAttr.MCAST_IFN] == b"\0"
    assert not any(theirs[DaemonAttr.SYNC_ID])


@pytest.mark.parametrize("arguments", ZEROS)
def test_counters_are_zeroed_by_identity(arguments):
    ours, theirs = (
        raw_attributes(data) for data in (encode_zero(ZEROS[arguments]), recorded(arguments))
    )
    assert GOLDEN[arguments]["command"] == Command.ZERO
    assert ours.items() <= theirs.items()
    for outer, number in theirs.keys() - ours.keys():
        assert number in SURPLUS[CommandAttr(outer)]


@pytest.mark.parametrize("arguments", STARTS)
def test_what_ipvsadm_sends_is_read_as_the_daemon_that_it_means(arguments):
    raw = attributes(recorded(arguments))[CommandAttr.DAEMON]
    assert decode_daemon(raw) == canonical_daemon(SETTINGS[arguments].setting)


def test_every_attribute_of_a_daemon_is_in_a_recording():
    assert {number for args in STARTS for number in of_daemon(recorded(args))} == set(DaemonAttr)


def test_every_attribute_of_the_first_level_is_in_a_recording():
    seen = {number for arguments in GOLDEN for number in attributes(recorded(arguments))}
    assert seen == set(CommandAttr)


def test_every_command_that_writes_is_in_a_recording_but_for_flush():
    reads = {c for c in Command if c.name.startswith("GET")} | {Command.SET_INFO}  # its reply
    seen = {GOLDEN[arguments]["command"] for arguments in GOLDEN}
    assert seen == set(Command) - reads - {Command.FLUSH}


def tree(data, depth):
    """Attributes as nested dicts: what a message says, whatever the order."""
    return {n: tree(v, depth - 1) if depth else v for n, v in attributes(data).items()}


@pytest.mark.parametrize("arguments", SETTINGS)
def test_schema_reads_and_writes_the_same_bytes(arguments):
    command, data = encode_step(SETTINGS[arguments])
    again = IpvsMessage()
    again["cmd"], again["version"] = command, 1
    again["attrs"] = plain(by_schema(command, data))["attrs"]
    again.encode()
    depth = 0 if arguments.startswith("--set") else 1
    assert tree(bytes(again.data[20:]), depth) == tree(data, depth)
