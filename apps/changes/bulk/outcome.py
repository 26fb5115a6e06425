"""What an edit of many makes of a table."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from apps.changes.abilities import Ability, check_service_abilities
from apps.changes.bulk.edits import Edit
from apps.changes.bulk.selection import Selection
from lvs.canonical_form import canonical_service, make_table
from lvs.model import Table, VirtualService
from lvs.rules import Problem, check_service, is_usable


class Pair(NamedTuple):
    """A service before and after; after None = it is gone."""

    before: VirtualService
    after: VirtualService | None


class Outcome(NamedTuple):
    """The table after the edit, and which services differ."""

    table: Table
    selected: int
    """Services that were meant, also those that are as they were."""
    changed: tuple[Pair, ...]

    @property
    def servers(self) -> int:
        """How many real servers are other than they were, added or gone."""
        return sum(map(_servers_changed, self.changed))

    @property
    def emptied(self) -> list[VirtualService]:
        """The services to which no connection could be made any more, and could be before."""
        return [
            pair.after
            for pair in self.changed
            if pair.after and is_usable(pair.before) and not is_usable(pair.after)
        ]


def edited(table: Table, selection: Selection, edit: Edit) -> Outcome:
    """The edit done to all that is selected. Raises ValueError where `edit.problems` has any."""
    meant = {service.key for service in selection.services_of(table)}
    kept: list[VirtualService] = []
    changed: list[Pair] = []
    for service in table.services:
        after: VirtualService | None = service
        if service.key in meant:
            made = edit.of(service, selection)
            after = canonical_service(made) if made else None
            if after != service:
                changed.append(Pair(service, after))
        if after:
            kept.append(after)
    return Outcome(make_table(kept, *table.settings), len(meant), tuple(changed))


def new_problems(outcome: Outcome, abilities: Sequence[Ability] = ()) -> list[Problem]:
    """What is wrong with the services that differ, and wasn't before; paths from ("services", index)."""
    places = {service.key: index for index, service in enumerate(outcome.table.services)}
    problems: list[Problem] = []
    for before, after in outcome.changed:
        if after is None:
            continue
        known = {problem.message for problem in _problems(before, abilities)}
        found = (p for p in _problems(after, abilities) if p.message not in known)
        problems += (problem.under("services", places[after.key]) for problem in found)
    return problems


def _problems(service: VirtualService, abilities: Sequence[Ability]) -> Iterator[Problem]:
    yield from check_service(service)
    yield from check_service_abilities(service, abilities)


def _servers_changed(pair: Pair) -> int:
    before = {server.key: server for server in pair.before.real_servers}
    after = {server.key: server for server in pair.after.real_servers} if pair.after else {}
    return sum(before.get(key) != after.get(key) for key in {**before, **after})
