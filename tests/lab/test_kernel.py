"""The netlink side on a real kernel: most of it runs on the director itself, see `inside/`."""

import json
from pathlib import Path

from lab import Lab
from tests.lab.ways import needs_uml

PROJECT = Path(__file__).resolve().parents[2]
GOLDEN = PROJECT / "tests" / "lvs" / "golden" / "ipvsadm.json"
ENVIRONMENT = {"PYTHONPATH": str(PROJECT)}
NO_MODULE = """
echo /bin/false >/proc/sys/kernel/modprobe
for module in $(awk '/^ip_vs_/ {print $1}' /proc/modules) ip_vs; do rmmod $module || exit 9; done
python -m lvs show
"""


def run_inside(lab, *names):
    """Run files of tests on the director, in one process; what failed there is told here."""
    files = [str(PROJECT / "tests" / "lab" / "inside" / name) for name in names]
    argv = ["python", "-m", "tests.lab.inside", *files]
    done = lab.run(argv, cwd=PROJECT, env=ENVIRONMENT, timeout=300)
    print(done.stdout)
    assert done.returncode == 0, f"failed on the director:\n{done.stdout}\n{done.stderr}"


def test_kernel_on_the_director(clean_ipvs):
    run_inside(clean_ipvs, "check_kernel.py", "check_refusals.py")


def test_ipvsadm_still_sends_what_was_recorded(clean_ipvs):
    recorded = clean_ipvs.writable / "recorded.json"
    argv = ["python", "-m", "tests.lab.golden", str(recorded)]
    done = clean_ipvs.run(argv, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    assert json.loads(recorded.read_text()) == json.loads(GOLDEN.read_text())


@needs_uml
def test_kernel_without_the_module_is_told_apart_from_everything_else():
    with Lab(web=False) as lab:
        done = lab.run(["sh", "-c", NO_MODULE], cwd=PROJECT, env=ENVIRONMENT)
    assert done.returncode == 4, done.stderr
    assert "modprobe ip_vs" in done.stderr
    assert len(done.stderr.splitlines()) == 1
