"""The names that braces stand for in a keepalived.conf's include: `conf/{web,mail}.d`, `{a/{b,c},d}`."""

MOST = 1000
"""Names that one pattern may stand for."""
LONGEST = 4096
"""Characters of a pattern: Linux takes no longer path."""


def alternatives(pattern: str) -> list[str]:
    """Each name or pattern without braces, in their order; braces that don't match stand for themselves.

    As glob(3) does with GLOB_BRACE. Raises ValueError when they are too many.
    """
    if len(pattern) > LONGEST:
        raise ValueError(f"a path with braces has at most {LONGEST} characters")
    found: list[str] = []
    open_ones = [pattern]
    for _ in range(2 * MOST):
        if not open_ones:
            return found
        text = open_ones.pop()
        braces = _first_braces(text)
        if braces is None:
            found.append(text)
            continue
        start, commas, end = braces
        ends = zip((start, *commas), (*commas, end), strict=True)
        choices = [text[:start] + text[a + 1 : b] + text[end + 1 :] for a, b in ends]
        open_ones += reversed(choices)
    raise ValueError(f"the braces stand for more than {MOST} names")


def _first_braces(text: str) -> tuple[int, list[int], int] | None:
    """Where the first pair opens, its own commas, and where it closes. `{}` is none."""
    start = text.find("{")
    while text.startswith("{}", start):
        start = text.find("{", start + 2)
    if start < 0:
        return None
    depth, commas = 0, list[int]()
    for place in range(start, len(text)):
        sign = text[place]
        if sign == "{":
            depth += 1
        elif sign == "," and depth == 1:
            commas.append(place)
        elif sign == "}":
            depth -= 1
            if not depth:
                return start, commas, place
    return None
