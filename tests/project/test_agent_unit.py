"""The agent's systemd unit leaves the agent what it needs."""

import re
import subprocess
import sys
from pathlib import Path

UNIT = Path(__file__).resolve().parents[2] / "lvs/agent/lvsconsole-agent.service"


def test_the_agent_may_read_the_lists_of_modules():
    settings = [line for line in UNIT.read_text().splitlines() if not line.startswith("#")]
    assert not any(line.startswith("ProtectKernelModules=") for line in settings)


def test_the_agent_may_not_load_modules_all_the_same():
    settings = UNIT.read_text().splitlines()
    assert "CapabilityBoundingSet=CAP_NET_ADMIN" in settings
    assert "SystemCallFilter=~@privileged @resources" in settings


def test_how_much_a_service_of_it_is_exposed(tmp_path):
    """`systemd-analyze security`, whose verdict docs/agent.md quotes: 0 is nothing, 10 everything."""
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(UNIT)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (level,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+) ", said)
    assert float(level) <= 2.0
    quoted = (UNIT.parents[2] / "docs" / "agent.md").read_text()
    assert f"exposure level for lvsconsole-agent.service: {level}" in quoted


UNDER_THE_UNIT = """
import ctypes, pathlib, platform, struct
from lvs.agent.privileges import drop_privileges
config = pathlib.Path(CONFIG)
drop_privileges(config)  # what systemd does before
number = {"x86_64": 126, "aarch64": 91}[platform.machine()]  # capset
rules = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7FFF0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("rules", ctypes.c_void_p)]
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(22, 2, ctypes.byref(Filter(4, ctypes.addressof(code))), 0, 0) == 0
drop_privileges(config)
print("started")
"""


def test_the_agent_starts_where_the_unit_denies_it_to_change_its_rights(tmp_path):
    """SystemCallFilter=~@privileged denies capset with EPERM; systemd has set all rights before."""
    config = tmp_path / "agent.toml"
    config.touch()
    code = UNDER_THE_UNIT.replace("CONFIG", repr(str(config)))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "started\n", done.stderr
