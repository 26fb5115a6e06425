"""A message that could not be handed over."""


class Failed(Exception):
    """Why, in one line. `final`: it is not tried again. `alone`: others may have better luck."""

    def __init__(
        self, why: str, *, status: int | None = None, final: bool = False, alone: bool = False
    ) -> None:
        super().__init__(" ".join(why.split())[:300])
        self.status = status
        self.final = final
        self.alone = alone
