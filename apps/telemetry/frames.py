"""From samples to frames: what the browser gets of one director's counters. Pure.

A frame is either full or holds only the rows that changed since the frame before. Its number is the
sample's own, so that two relays side by side make the same frames.
"""

from typing import Any

Rows = dict[str, list[Any]]
Frame = dict[str, Any]
"""`{"director", "name", "seq", "at", "interval", "full", "rows", "removed"}`; rows as in
`lvs.agent.streams.ROW_FIELDS`, by `row_id`."""


class FrameMaker:
    """Makes the frames of one director, remembering its last sample."""

    def __init__(self, director: str, name: str) -> None:
        self.director = director
        self.name = name
        self._seq: int | None = None
        self._rows: Rows = {}

    def make(self, sample: dict[str, Any]) -> tuple[Frame, Frame]:
        """The frame to send and the full frame to keep, from one sample of the agent.

        The one to send is a delta only when the sample before is the one we know; else it is full.
        """
        rows: Rows = sample["rows"]
        follows = self._seq is not None and sample["seq"] == self._seq + 1
        full = self._frame(sample, full=True, rows=rows, removed=[])
        frame = full
        if follows:
            known = self._rows
            frame = self._frame(
                sample,
                full=False,
                rows={name: row for name, row in rows.items() if known.get(name) != row},
                removed=sorted(known.keys() - rows.keys()),
            )
        self._seq, self._rows = sample["seq"], rows
        return frame, full

    def _frame(
        self, sample: dict[str, Any], *, full: bool, rows: Rows, removed: list[str]
    ) -> Frame:
        return {
            "director": self.director,
            "name": self.name,
            "seq": sample["seq"],
            "at": sample["at"],
            "interval": sample["interval"],
            "full": full,
            "rows": rows,
            "removed": removed,
        }
