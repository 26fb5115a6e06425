"""How much work a piece of code is, the same on every machine: the bytecode steps that it takes."""

import sys
from collections.abc import Callable


def steps_of(function: Callable[[], object]) -> int:
    """Call the function and count the bytecode instructions that it runs."""
    steps = 0

    def trace(frame, event, _argument):
        nonlocal steps
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        steps += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return steps
