"""`python -m lab.bench.memory`: what 100,000 real servers take. Prints the peak in MB.

Parse, model and plan; then the kernel is made to hold them, and they are read with their counters.
"""

import resource
import subprocess
import sys

from lab.bench.tables import plain_table
from lvs.formats import parse, render
from lvs.model import EMPTY
from lvs.netlink.kernel import Kernel
from lvs.plan import make_plan

SERVICES, SERVERS = 1000, 100


def peak() -> float:
    """The most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Do it all; 0 when the kernel took everything."""
    # Rendering the text is not what is measured: another process does that.
    maker = [sys.executable, "-m", __spec__.name, "--text"]
    if sys.argv[1:] == maker[-1:]:
        sys.stdout.write(render(plain_table(SERVICES, SERVERS), "ipvsadm"))
        return 0
    table = parse(subprocess.run(maker, check=True, capture_output=True, text=True).stdout)
    steps = make_plan(EMPTY, table)
    planned = peak()
    subprocess.run(["ipvsadm", "-C"], check=True)
    with Kernel() as kernel:
        refusal = kernel.execute(steps, lambda index, problem: None)
        del steps
        counted = sum(len(service.servers) for service in kernel.read_counters())
    if refusal is not None or counted != SERVICES * SERVERS:
        print(f"the kernel holds {counted} real servers: {refusal}", file=sys.stderr)
        return 1
    print(f"{planned:.1f} {peak():.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
