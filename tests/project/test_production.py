"""docs/production.md and deploy/: the page can be followed, and the units are as it says."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "production.md").read_text()
COMMANDS = "\n".join(re.findall(r"^ *```sh\n(.*?)^ *```$", PAGE, re.MULTILINE | re.DOTALL))
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
SETTINGS = "".join(
    (ROOT / path).read_text() for path in ("lvsconsole/settings.py", "lvsconsole/sign_on.py")
)


def settings_of(unit):
    """The lines of a unit, without comments."""
    return [line for line in unit.read_text().splitlines() if "=" in line and line[0] != "#"]


def value(unit, name):
    """What a unit says of that, once."""
    (found,) = (line.split("=", 1)[1] for line in settings_of(unit) if line.startswith(f"{name}="))
    return found


def test_the_page_names_only_files_that_are_there():
    named = set(re.findall(r"\b((?:deploy|requirements|docs)/[\w./*-]*\w)", PAGE))
    assert {"deploy/manage.sh", "requirements/console.txt"} <= named
    for name in named:
        assert list(ROOT.glob(name)), name
    for name in re.findall(r"\]\(([\w/.-]+\.md)\)", PAGE):
        assert (ROOT / "docs" / name).exists(), name


def test_every_command_of_manage_is_one():
    listed = {path.stem for path in ROOT.glob("apps/*/management/commands/*.py")}
    listed |= {"migrate", "collectstatic", "check"}
    asked = re.findall(r"deploy/manage\.sh ([a-z_]+)", PAGE)
    assert len(asked) > 8
    assert set(asked) <= listed


def test_every_setting_of_the_page_is_one_that_is_read():
    for name in set(re.findall(r"\bLVS_[A-Z_]+[A-Z]\b", PAGE)):
        assert f'"{name.removesuffix("_FILE")}' in SETTINGS or name == "LVS_OIDC", name


def test_what_a_step_needs_stands_before_it():
    order = [
        *("apt-get install git", "openssl req -x509 -newkey", "restart redis-server", "createdb"),
        *("useradd --system --home-dir", "/etc/lvsconsole/console.env", "manage.sh migrate"),
        *("manage.sh signing_key ", "manage.sh create_user", "enable --now lvsconsole-web"),
        *("nginx -t", "healthz", "pip wheel", "lvs.agent enrol", "pg_dump", "disable --now"),
    ]
    places = [COMMANDS.index(text) for text in order]
    assert places == sorted(places)


def test_each_block_of_commands_is_a_shell_script():
    checked = COMMANDS.replace("<this repository>", "repository")
    done = subprocess.run(["sh", "-n"], input=checked, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=[unit.stem for unit in UNITS])
def test_a_unit_stands_on_what_the_page_makes(unit):
    user = value(unit, "User")
    assert re.search(rf"^sudo useradd .* {user}$", COMMANDS, re.MULTILINE)
    assert f"/var/lib/{value(unit, 'StateDirectory')}" in COMMANDS
    assert value(unit, "EnvironmentFile") in COMMANDS
    assert value(unit, "WorkingDirectory") in COMMANDS
    assert unit.stem in re.search(r"^sudo systemctl enable --now (.*)$", COMMANDS, re.MULTILINE)[1]


def test_the_signing_key_is_the_workers():
    (worker,) = (unit for unit in UNITS if unit.stem.endswith("worker"))
    folder = f"/var/lib/{value(worker, 'StateDirectory')}"
    assert f"LVS_SIGNING_KEY_FILE={folder}/signing.key" in COMMANDS
    assert (
        f"signing_key) user={value(worker, 'User')} ;;"
        in (ROOT / "deploy" / "manage.sh").read_text()
    )
    assert [u for u in UNITS if value(u, "User") == value(worker, "User")] == [worker]


@pytest.mark.parametrize("unit", UNITS, ids=[unit.stem for unit in UNITS])
def test_systemd_understands_a_unit(unit, tmp_path):
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text(), flags=re.MULTILINE)
    copy = tmp_path / unit.name
    copy.write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", str(copy)]
    said = subprocess.run(command, capture_output=True, text=True)
    assert unit.name not in said.stderr, said.stderr


@pytest.mark.parametrize("unit", UNITS, ids=[unit.stem for unit in UNITS])
def test_a_unit_is_exposed_no_more_than_the_agents(unit):
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(unit)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (level,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+) ", said)
    assert float(level) <= 1.9
