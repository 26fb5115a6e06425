"""The agent's systemd unit leaves the agent what it needs."""

from pathlib import Path

UNIT = Path(__file__).resolve().parents[2] / "deploy/systemd/lvsconsole-agent.service"


def test_the_agent_may_read_the_lists_of_modules():
    settings = [line for line in UNIT.read_text().splitlines() if not line.startswith("#")]
    assert not any(line.startswith("ProtectKernelModules=") for line in settings)


def test_the_agent_may_not_load_modules_all_the_same():
    settings = UNIT.read_text().splitlines()
    assert "CapabilityBoundingSet=CAP_NET_ADMIN" in settings
    assert "SystemCallFilter=~@privileged @resources" in settings
