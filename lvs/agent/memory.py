"""What the agent itself remembers on disk of orders, beside `lvs.state`: ended runs and given revisions.

An order may come twice, even after its run failed. Then the first answer is given again: trying again
behind the console's back would make the kernel differ from what the console shows.
"""

import json
import time
from pathlib import Path
from typing import NamedTuple

from lvs.agent.envelope import Order
from lvs.agent.files import write_whole
from lvs.agent.streams import Message
from lvs.errors import StateDamaged

KEPT_RUNS = 50
"""Ended runs whose answer can be given again. Unsent ones are kept whatever their number."""

_PENDING = ".pending.json"


class Held(NamedTuple):
    """What this director was given of one cluster."""

    revision: int = 0
    """The highest revision that it began to carry out; 0 = none."""
    digest: str = ""
    """Of that revision's table."""
    verified: int = 0
    """The highest revision that was verified here; 0 = none."""
    run: int = 0
    """That began to carry out `revision`."""
    wrote: bool = False
    """Whether that run may have written to the kernel, and was not verified since."""


class Memory:
    """Files `orders.json` and `runs/*.json` below the state folder; each is replaced whole."""

    def __init__(self, state_dir: Path) -> None:
        self._ledger = state_dir / "orders.json"
        self._runs = state_dir / "runs"
        self._newest_end: Message | None = None

    def held(self, cluster: str | None = None) -> Held:
        """What this director holds of the cluster; None = the one it served last. Raises StateDamaged.

        Revisions are counted by cluster, so a director that moves to another begins anew there.
        """
        document = self._load_ledger()
        return Held(*document["clusters"].get(cluster or document["newest"], Held()))

    def note_begun(self, order: Order) -> None:
        """Before anything is written: no lower revision will be obeyed again. Raises LvsError."""
        held = self.held(order.cluster)
        wrote = held.wrote and held.run == order.run
        self._note(order, Held(order.revision, order.digest, held.verified, order.run, wrote))

    def note_writing(self, order: Order) -> None:
        """The next act is the first write of the run that was noted as begun. Raises LvsError."""
        self._note(order, self.held(order.cluster)._replace(wrote=True))

    def note_nothing_written(self, order: Order) -> None:
        """It tried, and the kernel took nothing. Raises LvsError."""
        held = self.held(order.cluster)
        if held.wrote and held.run == order.run:
            self._note(order, held._replace(wrote=False))

    def note_verified(self, order: Order) -> None:
        """The order's revision was read back and is equal. Raises LvsError."""
        self._note(order, Held(order.revision, order.digest, order.revision, order.run))

    def _note(self, order: Order, held: Held) -> None:
        document = self._load_ledger()
        document["clusters"][order.cluster] = held
        document["newest"] = order.cluster
        write_whole(self._ledger, json.dumps(document))

    def note_finished(self, order: Order, message: Message) -> None:
        """Keep the end of a run until it was sent, and a while longer. Raises LvsError."""
        name = f"{time.time_ns():020d}-{order.run}{_PENDING}"
        document = {"order": _identity(order), "message": message}
        write_whole(self._runs / name, json.dumps(document))  # json.dump is several times slower
        self._newest_end = message
        self._forget_old()

    def finished(self, order: Order) -> Message | None:
        """The end of the run that this very order began, if it is remembered."""
        for path in sorted(self._runs.glob(f"*-{order.run}.*"), reverse=True):
            document = _read(path)
            if document and document["order"] == _identity(order):
                return dict(document["message"])
        return None

    def newest_end(self) -> Message:
        """The end of the run that ended last; {} when none is remembered. Read once, then kept."""
        if self._newest_end is None:
            found = (_read(path) for path in sorted(self._runs.glob("*.json"), reverse=True))
            self._newest_end = next((dict(end["message"]) for end in found if end), {})
        return self._newest_end

    def pending(self) -> list[Message]:
        """The ends of runs that Redis did not take yet, oldest first."""
        documents = [_read(path) for path in sorted(self._runs.glob(f"*{_PENDING}"))]
        return [document["message"] for document in documents if document]

    def note_sent(self, message: Message) -> None:
        """Redis has the end of this run."""
        for path in self._runs.glob(f"*-{message['run']}{_PENDING}"):
            path.rename(path.with_name(path.name.removesuffix(_PENDING) + ".json"))

    def _forget_old(self) -> None:
        sent = [p for p in self._runs.glob("*.json") if not p.name.endswith(_PENDING)]
        for path in sorted(sent)[:-KEPT_RUNS]:
            path.unlink(missing_ok=True)

    def _load_ledger(self) -> Message:
        try:
            document = json.loads(self._ledger.read_text())
            clusters = {str(name): _held(*held) for name, held in document["clusters"].items()}
            return {"clusters": clusters, "newest": str(document["newest"])}
        except FileNotFoundError:
            return {"clusters": {}, "newest": ""}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StateDamaged(
                f"{self._ledger} is damaged ({error!r}). It says which orders are too old, so no "
                "order is obeyed without it. Restore it, or move it away."
            ) from error


def _held(revision: int, digest: str, verified: int, run: int = 0, wrote: bool = True) -> Held:
    """As the file has it. Earlier versions did not note whether a run wrote: it may have."""
    return Held(int(revision), str(digest), int(verified), int(run), bool(wrote))


def _identity(order: Order) -> list[str | int]:
    return [order.cluster, order.run, order.revision, order.digest]


def _read(path: Path) -> Message | None:
    """The document, None when a person removed or damaged it: then that answer is forgotten."""
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) and "message" in document else None
