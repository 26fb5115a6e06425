"""Steps of a plan, done by the kernel in batches: messages, and values of sysctls."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from lvs.errors import KernelRefusal
from lvs.netlink.encode import encode_steps
from lvs.netlink.refusals import refusal
from lvs.netlink.transport import Transport
from lvs.netlink.uapi import Command
from lvs.plan import AnyStep
from lvs.setting_step import SettingStep
from lvs.settings import Sysctl
from lvs.sysctl_files import write_sysctl

BATCH = 500
"""Messages in one send: more gain nothing (measured in the lab)."""

_OnAnswer = Callable[[range, int], None]
"""Takes indexes within a batch, and their errno, 0 when they are done."""


def execute(
    transport: Transport,
    family: int,
    steps: Sequence[AnyStep],
    on_result: Callable[[range, KernelRefusal | None], None],
    *,
    go_on: bool = False,
) -> KernelRefusal | None:
    """As `Kernel.execute`, over this transport. family: the number of IPVS's netlink family."""
    refused: list[KernelRefusal] = []
    for first, batch in _batches(steps):

        def on_answer(indexes: range, errno: int, first: int = first) -> None:
            told = range(first + indexes.start, first + indexes.stop)
            problem = refusal(steps[told.start], errno) if errno else None
            if problem is not None:
                refused.append(problem)
            on_result(told, problem)

        if batch[0].kind == "set sysctl":
            _write_sysctls(batch, on_answer)
        elif batch[0].kind == "stop daemon":
            _stop_daemons(transport, family, batch, on_answer)
        else:
            transport.batch(family, encode_steps(batch), on_answer)
        if refused and not go_on:
            break
    return refused[0] if refused else None


def _batches(steps: Sequence[AnyStep]) -> Iterator[tuple[int, Sequence[AnyStep]]]:
    """Runs of steps of one kind, cut to `BATCH`, each with the index of its first step."""
    first = 0
    for _, run in groupby(steps, key=lambda step: step.kind):
        end = first + len(list(run))
        for start in range(first, end, BATCH):
            yield start, steps[start : min(start + BATCH, end)]
        first = end


def _write_sysctls(steps: Sequence[AnyStep], on_answer: _OnAnswer) -> None:
    for index, step in enumerate(steps):
        if isinstance(step, SettingStep) and isinstance(step.setting, Sysctl):
            on_answer(range(index, index + 1), write_sysctl(step.setting))


def _stop_daemons(
    transport: Transport, family: int, steps: Sequence[AnyStep], on_answer: _OnAnswer
) -> None:
    """Stop them; also those that were started a moment ago, which the kernel does without a word.

    A thread that has never run ends with EINTR (`kthread_stop`), and that is the one errno that
    netlink acknowledges with nothing (`netlink_rcv_skb`). A question behind it is answered.
    """

    def note(indexes: range, errno: int) -> None:
        if indexes.start < len(steps):
            on_answer(indexes[: len(steps) - indexes.start], errno)

    transport.batch(family, [*encode_steps(steps), (int(Command.GET_INFO), b"")], note)
