"""One history: so many turns and events by chance, then the world heals, then it is judged."""

import random
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from lab.faults.boundaries import Boundaries
from lab.faults.invariants import violations
from lab.faults.setting import Setting
from lab.faults.weather import Weather
from lab.faults.world import World

TURNS = 40
PLANNED_TURNS = 100
"""Of a history whose faults are planned: without any by chance it is quick, and more is to happen in it."""
LONG_TURNS = 300
LONG_EVERY = 20
"""One history of so many is long, and less befalls it: change follows on change, and tables are edited."""
CALM_RATE = 0.01
RATE = 0.05
"""How often something happens at a boundary."""
WEATHER = 0.25
"""How many turns are followed by an event from outside."""
CALM_WEATHER = 0.08
HEALING = 64
"""Rounds in which everything must come to an end once nothing is broken any more."""


class Outcome(NamedTuple):
    """What became of a history."""

    seed: int
    crossed: int
    faults: Counter[str]
    violations: list[str]
    turned: int
    """Boundaries that were crossed before the world healed."""
    written: int
    """Runs that wrote to a kernel by then, each on its host."""


QUIET: dict[int, str] = {-1: "killed before"}
"""A plan in which nothing happens."""


def play(
    setting: Setting,
    seed: int,
    plan: dict[int, str] | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> Outcome:
    """Play the history of this seed. plan: faults by the number of their boundary, and no others by chance;
    tell: told of all that happens."""
    rng = random.Random(seed)
    long = plan is None and seed % LONG_EVERY == LONG_EVERY // 4
    rate = CALM_RATE if long else RATE
    boundaries = Boundaries(random.Random(seed + 1), 0.0 if plan else rate, plan)
    boundaries.tell = tell
    world = World(setting, boundaries, rng)
    happened: Counter[str] = Counter()
    try:
        weather = Weather(world, rng, happened)
        for _ in range(PLANNED_TURNS if plan else LONG_TURNS if long else TURNS):
            world.play(*rng.choice(world.turns()))
            world.clock.go_on(rng.random() * 2)
            if not plan and rng.random() < (CALM_WEATHER if long else WEATHER):
                weather.blow()
            elif rng.random() < 0.3:
                world.restart()
        turned = boundaries.crossed
        written = len({write.order.run for write in world.witness.writes if write.order})
        _heal(world, weather)
        found = violations(world)
    finally:
        world.close()
    return Outcome(seed, boundaries.crossed, boundaries.faults + happened, found, turned, written)


def _heal(world: World, weather: Weather) -> None:
    """Nothing happens any more: everybody goes on until all has come to an end."""
    world.boundaries.quiet = True
    weather.calm()
    for round_number in range(HEALING):
        for host in world.hosts.values():
            for agent, turn in host.processes():
                world.play(agent, turn)
                while world.waits(agent):
                    world.play(agent, agent.take_one)
        for process, turn in world.console_turns():
            if round_number == 0 or process.name.endswith("1"):  # each would do it all alone
                world.play(process, turn)
        # Now and then past the deadline of what is open. In between relays listen for long enough that
        # silence counts when a worker looks, at every third beat.
        world.clock.go_on(400 if round_number % 8 == 7 else 3)
        if round_number > 0 and world.at_rest():
            return
