"""One agent process under many orders: a short soak. `python -m lab.soak` is the long one."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lab.soak.agent import Agent, Usage
from lab.soak.console import Console
from lab.soak.measure import MOST_GROWTH_KB, Soak, SoakFailed, soak, tables
from lab.soak.protocol import configuration
from lvs.plan import make_plan

STATE = Path("/run/soak")


@pytest.fixture
def key():
    return Ed25519PrivateKey.generate()


@pytest.fixture
def agent(director, redis_url, key):
    """An agent that has done nothing yet, beside no other."""
    director.lab.run(["rm", "-rf", str(STATE)])
    seen_there = redis_url.replace("127.0.0.1", director.lab.host_address)
    made = Agent(director.lab, configuration(key, seen_there, STATE))
    yield made
    made.stop()


@pytest.fixture
def console(redis_url, key):
    with Console(redis_url, key) as made:
        yield made


def test_an_agent_does_not_grow_with_what_it_does(agent, console):
    told = []
    found = soak(agent, console, warm_up=100, count=200, tell=lambda *news: told.append(news))
    assert found.complaints() == []
    assert (found.orders, [done for done, _ in told]) == (300, [100, 300])
    assert found.after.memory_kb > 30_000  # it was the agent that was looked at
    assert found.after.descriptors > 5


def test_an_order_that_is_not_verified_ends_the_soak(agent, console):
    agent.usage()
    console.order(tables()[0], 7)
    assert console.next_end().state == "verified"
    with pytest.raises(SoakFailed, match="run 1 should be verified, but"):
        soak(agent, console, warm_up=1, count=1, tell=lambda *news: None)


@pytest.mark.parametrize(
    ("memory", "descriptors", "complaints"),
    [
        (MOST_GROWTH_KB, 0, []),
        (-500, -1, []),
        (MOST_GROWTH_KB + 1, 0, ["memory grew by 3073 kB, more than 3072 kB"]),
        (0, 1, ["1 more files are open"]),
    ],
)
def test_what_grew_is_named(memory, descriptors, complaints):
    before, after = Usage(70_000, 11), Usage(70_000 + memory, 11 + descriptors)
    assert Soak(10, 20, 1.0, before, after).complaints() == complaints


def test_each_order_has_something_to_do_and_all_kinds_of_steps_come():
    asked = tables()
    plans = [make_plan(asked[n - 1], asked[n]) for n in range(len(asked))]
    assert all(plans)
    assert {step.kind.split()[0] for plan in plans for step in plan} >= {"add", "edit", "delete"}
    assert {step.kind.split()[1] for plan in plans for step in plan} == {"service", "server"}
