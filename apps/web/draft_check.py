"""What is wrong with what was typed, within its draft and on its directors."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from apps.accounts.models import User
from apps.changes.abilities import Ability, check_service_abilities, check_setting_abilities
from apps.changes.claims import claimed_elsewhere
from apps.changes.models import Change
from apps.changes.selectors import problems_among, table_of
from lvs.canonical_form import canonical_service
from lvs.model import Table, VirtualService
from lvs.rules import Problem, check_settings, errors_in

T = TypeVar("T")


def problems_of(
    user: User,
    change: Change,
    service: VirtualService,
    old: VirtualService | None,
    abilities: Sequence[Ability] = (),
) -> list[Problem]:
    """Problems of this one service, with paths inside it: its own, doubles of other services, what other
    clusters claim, and what directors can't do; a warning only, where it stands in the draft already."""
    others = [s for s in table_of(change).services if old is None or s.key != old.key]
    unable = _new_ones(check_service_abilities, service, old, abilities)
    found = problems_among(others, service)
    claimed: list[Problem] = []
    if not errors_in(found):
        claimed = claimed_elsewhere(user, change.cluster, [canonical_service(service)])
    return [*found, *(p._replace(path=p.path[2:]) for p in claimed), *unable]


def setting_problems(typed: Table, old: Table, abilities: Sequence[Ability]) -> list[Problem]:
    """The same for the settings of a table as typed, which holds the draft's services too."""
    unable = _new_ones(check_setting_abilities, typed, old, abilities)
    return [*check_settings(typed), *unable]


def _new_ones(
    check: Callable[[T, Sequence[Ability]], list[Problem]],
    typed: T,
    old: T | None,
    abilities: Sequence[Ability],
) -> list[Problem]:
    known = {problem.message for problem in check(old, abilities)} if old is not None else set()
    return [
        problem._replace(severity="warning") if problem.message in known else problem
        for problem in check(typed, abilities)
    ]
