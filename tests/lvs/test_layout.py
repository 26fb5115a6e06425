"""The fast way of reading a message gives what the plain way gives, however messages are built."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvs.errors import LvsError
from lvs.netlink import layout
from lvs.netlink.attributes import ABSENT, Field, attributes, values_of
from lvs.netlink.layout import Layouts

OUTER, NESTED = 2, 5
FIELDS = (
    Field(((1,),)),
    Field(((2,),), number=False),
    Field(((3,),), optional=True),
    Field(((NESTED, 1), (NESTED + 1, 1)), optional=True),
    Field(((NESTED, 2), (NESTED + 1, 2)), optional=True),
)


def attribute(number, value):
    return struct.pack("=HH", 4 + len(value), number) + value + bytes(-len(value) % 4)


def message(inner, sequence=1):
    body = attribute(OUTER, inner)
    return struct.pack("=IHHIIBBxx", 20 + len(body), 30, 2, sequence, 9, 1, 1) + body


DONE = struct.pack("=IHHIIi", 20, 3, 2, 1, 9, 0)


def plainly(whole):
    return values_of(attributes(attributes(whole, 20)[OUTER]), FIELDS)


numbers = st.sampled_from([1, 2, 4, 8]).flatmap(lambda n: st.binary(min_size=n, max_size=n))
unknown = st.tuples(st.integers(7, 9), st.binary(max_size=9))
nested = st.lists(st.tuples(st.integers(1, 4), numbers), max_size=5).map(
    lambda found: b"".join(attribute(*one) for one in found)
)
optional = st.one_of(
    unknown,
    st.tuples(st.just(3), numbers),
    st.tuples(st.sampled_from([NESTED, NESTED + 1]), nested),
    st.tuples(st.integers(1, 2), numbers),  # once more: the first counts
)


@st.composite
def built(draw):
    """The attributes of a message, in any order, some unknown, some missing, some there twice."""
    wanted = [(1, draw(numbers)), (2, draw(st.binary(max_size=9)))]
    return draw(st.permutations([*wanted, *draw(st.lists(optional, max_size=6))]))


@st.composite
def alike(draw, shape):
    """Another message that is built like that one: the same headers, other values."""
    found = []
    for number, value in shape:
        if number in (NESTED, NESTED + 1):
            found.append((number, value))
        else:
            found.append((number, draw(st.binary(min_size=len(value), max_size=len(value)))))
    return found


@st.composite
def answers(draw):
    """Messages of a few ways of building them, mixed, in datagrams."""
    shapes = draw(st.lists(built(), min_size=1, max_size=4))
    found = [draw(alike(draw(st.sampled_from(shapes)))) for _ in range(draw(st.integers(1, 12)))]
    return [message(b"".join(attribute(*one) for one in attrs)) for attrs in found]


@given(answers(), st.integers(1, 4))
def test_values_are_those_of_the_plain_way(messages, size):
    expected = [plainly(one) for one in messages]
    datagrams = [b"".join(messages[n : n + size]) for n in range(0, len(messages), size)]
    layouts = Layouts(OUTER, FIELDS)
    assert list(layouts.read([*datagrams, DONE])) == expected
    assert list(layouts.read([*datagrams, DONE])) == expected  # now all of them are known


@given(answers(), st.integers(1, 4))
def test_columns_are_the_same_values_field_by_field(messages, size):
    expected = list(zip(*map(plainly, messages), strict=True))
    datagrams = [b"".join(messages[n : n + size]) for n in range(0, len(messages), size)]
    layouts = Layouts(OUTER, FIELDS)
    assert layouts.columns([*datagrams, DONE]) == expected
    assert layouts.columns([*datagrams, DONE]) == expected  # now all of them are known


def test_an_answer_without_messages_has_empty_columns():
    assert Layouts(OUTER, FIELDS).columns([DONE]) == [()] * len(FIELDS)


def simple(first=b"\1\0\0\0", second=b"text", *more):
    return message(b"".join([attribute(1, first), attribute(2, second), *more]))


def test_second_message_of_a_kind_is_not_taken_apart(monkeypatch):
    layouts = Layouts(OUTER, FIELDS)
    list(layouts.read([simple()]))
    monkeypatch.setattr(layout, "attributes", lambda *arguments: pytest.fail("taken apart"))
    assert list(layouts.read([simple(b"\2\0\0\0", b"more")])) == [
        (2, b"more", ABSENT, ABSENT, ABSENT)
    ]


def test_attribute_that_was_missing_is_seen_in_a_message_of_the_same_length():
    layouts = Layouts(OUTER, FIELDS)
    without = simple(b"\1\0\0\0", b"text", attribute(9, b"\7\0\0\0"))
    with_it = simple(b"\1\0\0\0", b"text", attribute(3, b"\7\0\0\0"))
    assert [values[2] for values in layouts.read([without + with_it])] == [ABSENT, 7]


def test_the_kind_of_a_message_is_looked_at():
    layouts = Layouts(OUTER, FIELDS)
    whole = simple()
    end = whole[:4] + b"\3\0" + whole[6:]
    assert len(list(layouts.read([whole + end + whole]))) == 2


def test_ways_of_building_are_not_remembered_without_end():
    layouts = Layouts(OUTER, FIELDS)
    for length in range(layout.MOST_LENGTHS + 50):
        (values,) = layouts.read([simple(b"\1\0\0\0", bytes(4 * length))])
        assert values[0] == 1
    for number in range(9, 9 + 3 * layout.MOST_OF_A_LENGTH):
        list(layouts.read([simple(b"\1\0\0\0", b"", attribute(number, b""))]))
    known = layouts._known
    assert len(known) <= layout.MOST_LENGTHS
    assert max(map(len, known.values())) <= layout.MOST_OF_A_LENGTH


def test_message_without_what_must_be_there_is_an_error():
    lacking = message(attribute(2, b"text"))
    with pytest.raises(LvsError, match="lacks the attribute"):
        list(Layouts(OUTER, FIELDS).read([lacking]))


def test_torn_message_is_an_error():
    torn = message(struct.pack("=HHI", 99, 1, 0))
    with pytest.raises(LvsError, match="torn"):
        list(Layouts(OUTER, FIELDS).read([torn]))
