"""Conversations with generic netlink's own family, which every Linux has and everybody may ask."""

import socket

import pytest
from pyroute2.netlink import CTRL_CMD_GETFAMILY, GENL_ID_CTRL

from lvs.errors import NoAnswer
from lvs.netlink import transport as transport_module
from lvs.netlink.attributes import attributes
from lvs.netlink.messages import HEADERS, message, messages_in
from lvs.netlink.ring import AT_ONCE, Ring, RingMissing
from lvs.netlink.transport import WORTH_A_RING, Transport

NAME = 2  # CTRL_ATTR_FAMILY_NAME


@pytest.fixture
def transport():
    opened = Transport(2.0)
    yield opened
    opened.close()


def names(messages):
    return {attributes(message, HEADERS)[NAME] for message in messages}


def whole(answer):
    return [data[start : start + length] for data, start, length in messages_in(answer)]


def ask_each(transport, count, before=None):
    questions = [b""] * count
    known = before or [[] for _ in questions]
    return list(transport.dump_each(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, questions, known))


def test_dump_gives_every_message(transport):
    assert b"nlctrl\0" in names(transport.dump(GENL_ID_CTRL, CTRL_CMD_GETFAMILY))


def test_family_is_found_by_its_name(transport):
    assert transport.find_family("nlctrl") == GENL_ID_CTRL


@pytest.mark.parametrize("count", [1, 3, WORTH_A_RING, 3 * AT_ONCE + 1])
def test_each_question_gets_its_own_answer(transport, count):
    expected = names(transport.dump(GENL_ID_CTRL, CTRL_CMD_GETFAMILY))
    answers = ask_each(transport, count)
    assert len(answers) == count
    for answer in answers:
        assert names(whole(answer)) == expected
        assert len({message[8:12] for message in whole(answer)}) == 1
    assert len({whole(answer)[0][8:12] for answer in answers}) == count


def test_without_a_ring_the_answers_are_the_same(transport, monkeypatch):
    transport.begin_again()
    with_ring = ask_each(transport, WORTH_A_RING)

    def missing():
        raise RingMissing

    monkeypatch.setattr(transport_module, "Ring", missing)
    without = Transport(2.0)
    try:
        assert [names(whole(a)) for a in ask_each(without, WORTH_A_RING)] == [
            names(whole(a)) for a in with_ring
        ]
    finally:
        without.close()


def test_answer_that_is_known_is_given_as_it_is(transport):
    ask_each(transport, 1)  # the kernel's datagrams grow with the room that a socket offered once
    transport.begin_again()
    first = ask_each(transport, 3)
    transport.begin_again()
    again = ask_each(transport, 3, first)
    assert all(new is old for new, old in zip(again, first, strict=True))


def test_answers_that_were_left_behind_are_not_taken_for_new_ones(transport):
    question = message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, b"", 0x301, 1)
    transport._send(question)  # and nobody listens
    transport.begin_again()
    assert b"nlctrl\0" in names(transport.dump(GENL_ID_CTRL, CTRL_CMD_GETFAMILY))
    transport._send(question)
    assert transport.find_family("nlctrl") == GENL_ID_CTRL


def test_silence_ends_with_an_error():
    silent = Transport(0.05)
    try:
        silent._send = lambda data: None
        with pytest.raises(NoAnswer, match=r"within 0\.05 seconds"):
            silent.dump(GENL_ID_CTRL, CTRL_CMD_GETFAMILY)
    finally:
        silent.close()


def test_refusals_are_told_in_order_and_all_others_count_as_done(transport):
    told = []
    good, bad = (CTRL_CMD_GETFAMILY, b""), (99, b"")
    # GETFAMILY without a name is refused too, with another errno.
    transport.batch(GENL_ID_CTRL, [bad, good, bad], lambda *answer: told.append(answer))
    assert [list(indexes) for indexes, _ in told] == [[0], [1], [2]]
    assert told[0][1] == told[2][1] != told[1][1] != 0


def test_only_the_last_of_a_batch_is_acknowledged(transport):
    by_name = (CTRL_CMD_GETFAMILY, b"\x0b\0\2\0nlctrl\0\0")
    told, received = [], []
    take = transport._receiver.take

    def counting():
        received.extend(found := take())
        return found

    transport._receiver.take = counting
    transport.batch(GENL_ID_CTRL, [by_name] * 5, lambda *answer: told.append(answer))
    assert told == [(range(5), 0)]
    assert sum(data[4:6] == b"\2\0" for data in received) == 1


@pytest.fixture
def ring():
    try:
        made = Ring()
    except RingMissing as missing:
        pytest.skip(f"no io_uring here: {missing}")
    yield made
    made.close()


def test_ring_gives_what_came_and_leaves_out_what_did_not(ring):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as echo:
        echo.bind(("127.0.0.1", 0))
        echo.connect(echo.getsockname())
        echo.setblocking(False)
        sent = [bytes([n]) * (n + 1) for n in range(AT_ONCE)]
        assert ring.exchange(echo.fileno(), sent) == [[data] for data in sent]
        assert ring.exchange(echo.fileno(), sent[:2]) == [[sent[0]], [sent[1]]]


def test_ring_leaves_out_what_does_not_fit(ring):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as echo:
        echo.bind(("127.0.0.1", 0))
        echo.connect(echo.getsockname())
        echo.send(b"first")
        echo.send(bytes(100))  # the second place is for the end of a dump, which is short
        assert ring.exchange(echo.fileno(), [b"third"]) == [[b"first"]]
