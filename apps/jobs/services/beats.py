"""What the worker's beat does row by row: one that can't go on says why, and keeps no other."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Model

from apps.changes.errors import ChangeError

logger = logging.getLogger(__name__)
Row = TypeVar("Row", bound=Model)

OWN_ERROR = "The console met an error of its own. Its log says which."


def each_by_itself(
    rows: Iterable[Row], act: Callable[[Row], bool], note: Callable[[Row, str], None]
) -> int:
    """Do `act` to each row; returns for how many it was true.

    A refusal, or an error of the console's own, is noted at its row (`note`: one sentence why) and the
    next row has its turn. Raises what Django raises once the database itself is away: no other row would
    go either.
    """
    return sum(_by_itself(row, act, note) for row in rows)


def _by_itself(row: Row, act: Callable[[Row], bool], note: Callable[[Row, str], None]) -> bool:
    try:
        return act(row)
    except (ChangeError, PermissionDenied) as error:
        note(row, str(error))
    except (OperationalError, InterfaceError):
        if not connection.is_usable():
            raise
        _own_error(row, note)  # a lock held too long, a deadlock: this row's matter
    except Exception:
        _own_error(row, note)
    return False


def _own_error(row: Row, note: Callable[[Row, str], None]) -> None:
    logger.exception("%s %s can't go on", row._meta.verbose_name, row.pk)
    note(row, OWN_ERROR)
