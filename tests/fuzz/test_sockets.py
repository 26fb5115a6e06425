"""Whatever a browser sends over its socket: it is answered or closed, and nobody hears what isn't theirs."""

import json

import pytest
from channels.layers import get_channel_layer
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from apps.web import consumers
from tests.factories import make_cluster, make_draft, make_user, make_user_of
from tests.fuzz.hostile import FUZZ, texts, values, written
from tests.live.test_consumer import Page, cookie_of, tell

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]

CODES = {consumers.MALFORMED, consumers.NO_RIGHT, consumers.TOO_BIG}
OURS, THEIRS = (
    ("directors", "home", "cluster.A", "samples.A", "change.A"),
    (
        *(
            "cluster.B",
            "samples.B",
            "change.B",
            "change.999999999999999999",
            "samples.77",
            "errand.1",
        ),
    ),
)
NONE = (
    "",
    "home\n",
    "samples.0",
    "samples.01",
    "change.٣",
    "live.home",
    "directors.1",
    "change.-1",
)
mine = st.lists(st.sampled_from(OURS), max_size=4)
some = st.lists(st.sampled_from([*OURS, *OURS, *THEIRS]), max_size=3)
odd = st.lists(st.sampled_from([*OURS, *NONE]), max_size=3)
said = st.one_of(
    mine.map(lambda topics: {"subscribe": topics}),
    mine.map(lambda topics: {"subscribe": topics}),
    some.map(lambda topics: {"subscribe": topics}),
    odd.map(lambda topics: {"subscribe": topics}),
    st.sampled_from([*OURS, *THEIRS, *NONE]).map(lambda topic: {"snapshot": topic}),
    st.builds(
        lambda name, value: {name: value}, st.sampled_from(["subscribe", "snapshot"]), values
    ),
    values,
).map(lambda message: {"text": written(message)})
well = (
    mine.map(lambda topics: {"subscribe": topics})
    | some.map(lambda topics: {"subscribe": topics})
    | st.sampled_from(OURS).map(lambda topic: {"snapshot": topic})
).map(lambda message: {"text": written(message)})
raw = st.one_of(
    st.binary(max_size=20).map(lambda data: {"bytes": data}),
    texts.map(lambda text: {"text": text}),
    st.just({"text": "x", "bytes": b"x"}),
    st.sampled_from([{"text": "[" * 4096}, {"text": "[" * 4097}, {"text": "1" * 4096}]),
)


@pytest.fixture
def viewer():
    """Who sees cluster A, and the numbers of both clusters and of a change in each."""
    author, numbers, viewers = make_user("operator"), {}, {}
    for letter, name in {"A": "web", "B": "mail"}.items():
        cluster = make_cluster(name)
        change = make_draft(author, cluster)
        numbers |= {
            f"cluster.{letter}": f"cluster.{cluster.pk}",
            f"samples.{letter}": f"samples.{cluster.pk}",
        }
        numbers[f"change.{letter}"] = f"change.{change.pk}"
        viewers[letter] = make_user_of(cluster, "viewer")
    return cookie_of(viewers["A"])[1], numbers


def named(frame, numbers):
    """The frame with the numbers of the things that are there."""
    text = frame.get("text")
    if isinstance(text, str):
        for name, number in numbers.items():
            text = text.replace(f'"{name}"', f'"{number}"')
        frame = frame | {"text": text}
    return frame


def groups():
    """The groups of the channel layer that somebody is in."""
    layer = get_channel_layer()._get_layer()
    return {name.partition("__group__")[2] for name, members in layer.groups.items() if members}


async def answers(page, quiet=0.03):
    """All that came until it was quiet, and the code with which the socket was closed, if it was."""
    found = []
    while not await page.socket.receive_nothing(quiet, 0.005):
        output = await page.socket.receive_output(1)
        if output["type"] == "websocket.close":
            return found, output["code"]
        found.append(json.loads(output["text"]))
    return found, None


@settings(FUZZ, max_examples=40)
@given(frames=st.lists(well | well | well | said | raw, min_size=1, max_size=6))
@example(
    frames=[{"text": '{"subscribe": ["samples.A"]}'}, {"text": '{"subscribe": ["samples.B"]}'}]
)
async def test_a_frame_is_answered_or_ends_the_socket_and_opens_nothing(viewer, frames):
    session, numbers = viewer
    allowed = {f"live.{numbers.get(topic, topic)}" for topic in OURS}
    async with Page(session) as page:
        assert "hello" in await page.next()
        code = None
        for frame in frames:
            await page.raw(**named(frame, numbers))
            found, code = await answers(page)
            assert all(reply.keys() <= {"subscribed", "error", "frame", "event"} for reply in found)
            assert groups() <= allowed
            if code is not None:
                break
        event(str(code))
        assert code is None or code in CODES
        if code is None:
            for topic in THEIRS:
                await tell(numbers.get(topic, topic))
            found, code = await answers(page)
            assert not any("event" in reply for reply in found)
            assert code is None or code in CODES  # a busy machine may answer late
    assert groups() == set()


async def test_many_frames_at_once_are_answered_each_and_the_last_one_counts(viewer):
    async with Page(viewer[0]) as page:
        assert "hello" in await page.next()
        for number in range(300):
            await page.say({"subscribe": ["home", "directors"] if number % 2 else ["home"]})
        for number in range(300):
            expected = ["directors", "home"] if number % 2 else ["home"]
            assert await page.next() == {"subscribed": expected}
        assert groups() == {"live.home", "live.directors"}
