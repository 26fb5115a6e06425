"""Carrying the edits of a draft over to another base: a three-way merge of tables. Pure.

`base` is what the draft was opened from, `theirs` the head of now, `mine` the draft. What only one side
changed is taken as that side has it. Parts that both changed, each in another way, are clashes: a
person decides them.
"""

from apps.changes.rebase.clash import SIDES, Clash, Side
from apps.changes.rebase.merge import Merge, doubled, merge
from apps.changes.rebase.words import Row, rows_of

__all__ = ["SIDES", "Clash", "Merge", "Row", "Side", "doubled", "merge", "rows_of"]
