"""Which directors are enrolled, looked up again often enough to meet a new one within two seconds."""

import time

from apps.inventory.models import Director

REFRESH = 1.5
"""Seconds between two looks."""


class Directory:
    """The directors that the console believes, with their keys, as of the last look."""

    def __init__(self) -> None:
        self.directors: list[Director] = []
        self._looked = float("-inf")

    def refresh(self) -> bool:
        """Look again when it is time; returns whether it was. Raises database errors."""
        if time.monotonic() - self._looked < REFRESH:
            return False
        self.directors = list(
            Director.objects.filter(identity__isnull=False)
            .select_related("identity")
            .order_by("pk")
        )
        self._looked = time.monotonic()
        return True
