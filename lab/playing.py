"""Playing the steps of a story, one after the other, until one does not hold."""

import time
import traceback
from collections.abc import Callable, Iterable

from lab.parts import PartFailed
from lab.story import Story

Step = Callable[[Story], None]


def play(story: Story, steps: Iterable[Step]) -> bool:
    """Do the steps, and say of each how it went; whether all of them held."""
    try:
        for number, step in enumerate(steps, 1):
            began = time.monotonic()
            title = (step.__doc__ or step.__name__).splitlines()[0].rstrip(".")
            try:
                step(story)
                story.stack.check()
            except Exception as error:  # whatever it is, the step did not hold
                print(f"FAIL {number:2} {time.monotonic() - began:5.1f} s  {title}", flush=True)
                expected = isinstance(
                    error, (AssertionError, LookupError, TimeoutError, PartFailed)
                )
                print(error if expected else traceback.format_exc(), flush=True)
                return False
            print(f"ok   {number:2} {time.monotonic() - began:5.1f} s  {title}", flush=True)
    finally:
        story.close()
    return True
