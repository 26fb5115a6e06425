"""The agent's systemd unit leaves the agent what it needs."""

import re
import subprocess
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
