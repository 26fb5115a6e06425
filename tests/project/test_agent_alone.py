"""A director installs the agent alone: from the built wheel, without Django."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from what is committed and what is not yet."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("lvs", "pyproject.toml", "README.md", "LICENSE"):
        subprocess.run(["cp", "-r", ROOT / name, source], check=True)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, source]
    subprocess.run(command, check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """A Python that has the agent and what it needs, as production.md installs it."""
    folder = tmp_path_factory.mktemp("opt")
    venv.create(folder, with_pip=True)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-input"]
    locked = ["--require-hashes", "--only-binary", ":all:", "-r", ROOT / "requirements/agent.txt"]
    subprocess.run([*pip, *locked], check=True)
    subprocess.run([*pip, "--no-deps", wheel], check=True)
    return folder / "bin" / "python"


def run(python, *arguments, cwd):
    return subprocess.run([python, *arguments], cwd=cwd, capture_output=True, text=True)


def test_the_agent_runs_without_django_and_the_console(python, tmp_path):
    code = (
        "import sys, lvs.agent.__main__, lvs.agent.worker\n"
        "found = {name.split('.')[0] for name in sys.modules}\n"
        "print(sorted(found & {'django', 'channels', 'apps', 'lvsconsole', 'lab'}))\n"
    )
    done = run(python, "-c", code, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert run(python, "-c", "import django", cwd=tmp_path).returncode == 1


def test_every_command_of_it_is_there(python, tmp_path):
    assert "enrol" in run(python, "-m", "lvs.agent", "--help", cwd=tmp_path).stdout
    assert run(python, "-m", "lvs", "--version", cwd=tmp_path).returncode == 0
    done = run(python, "-m", "lvs.agent", "--config", "nowhere.toml", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_it_brings_its_unit_for_systemd(python, tmp_path):
    unit = run(python, "-m", "lvs.agent", "unit", cwd=tmp_path).stdout
    assert f"ExecStart={python} -m lvs.agent --config /etc/lvsconsole/agent.toml" in unit


def test_the_extra_names_what_the_lock_file_pins(wheel, python, tmp_path):
    code = "from importlib.metadata import requires; print(*requires('lvsconsole'), sep='\\n')"
    needed = run(python, "-c", code, cwd=tmp_path).stdout.splitlines()
    ours = [line for line in needed if "extra" not in line or 'extra == "agent"' in line]
    pinned = (ROOT / "requirements" / "agent.txt").read_text().lower()
    for line in ours:
        name = line.split(">")[0].split("=")[0].split("[")[0].split(";")[0].strip().lower()
        assert f"\n{name}==" in f"\n{pinned}" or f"\n{name}[" in f"\n{pinned}", name
