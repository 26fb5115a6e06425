"""The lab itself: it has IPVS, it passes everything on faithfully, and it leaves no trace."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

import pytest

from lab import Lab, LabError, PartsMissing, uml

PROJECT = Path(__file__).resolve().parents[2]
RUN = PROJECT / "lab" / "run"
VIP = "192.168.49.134"
SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh")


def lab_run(*argv, cwd, **options):
    """Run `lab/run argv…` as a person would."""
    return subprocess.run(
        [RUN, *argv], cwd=cwd, capture_output=True, text=True, timeout=60, check=False, **options
    )


def balance(lab, service, servers):
    """Define a round-robin service with ipvsadm."""
    rules = f"-A -t {service} -s rr\n" + "".join(f"-a -t {service} -r {s} -m\n" for s in servers)
    done = lab.run(["ipvsadm", "-R"], input=rules)
    assert done.returncode == 0, done.stderr


def ask(lab, url, times):
    """What the client reads from a URL, one new connection each time."""
    script = f"for i in $(seq {times}); do curl -sS --max-time 5 '{url}'; done"
    done = lab.run(["sh", "-c", script], host="client")
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_kernel_has_ipvs_with_every_scheduler(clean_ipvs):
    names = list(SCHEDULERS)
    rules = "".join(f"-A -t {VIP}:{port} -s {name}\n" for port, name in enumerate(names, 1))
    done = clean_ipvs.run(["ipvsadm", "-R"], input=rules)
    assert (done.returncode, done.stderr) == (0, "")
    listed = clean_ipvs.run(["ipvsadm", "-Sn"]).stdout.splitlines()
    assert [line.split()[-1] for line in listed] == names


def test_requests_alternate_between_the_real_servers(clean_ipvs):
    balance(clean_ipvs, f"{VIP}:80", ["192.168.1.103", "192.168.1.104"])
    answers = ask(clean_ipvs, f"http://{VIP}/", 6)
    assert answers in (["web1", "web2"] * 3, ["web2", "web1"] * 3)


def test_ipv6_requests_alternate_too(clean_ipvs):
    balance(clean_ipvs, "[fd00:49::134]:80", ["[fd00:1::103]:80", "[fd00:1::104]:80"])
    answers = ask(clean_ipvs, "http://[fd00:49::134]/", 4)
    assert sorted(answers) == ["web1", "web1", "web2", "web2"]


def test_web_server_answers_many_requests_on_one_connection(lab):
    urls = ["http://192.168.1.103/"] * 3
    done = lab.run(["curl", "-sS", "-w", "%{num_connects} ", *urls])
    assert done.stdout == "web1\n1 web1\n0 web1\n0 "


def test_commands_run_side_by_side(lab):
    began = time.monotonic()
    sleepers = [lab.spawn(["sleep", "1"]) for _ in range(5)]
    assert [sleeper.wait(timeout=20) for sleeper in sleepers] == [0] * 5
    assert time.monotonic() - began < 4


def test_spawned_command_writes_to_its_file_and_ends_when_told(lab, tmp_path):
    output = tmp_path / "output"
    process = lab.spawn(["sh", "-c", "echo first; sleep 60"], output=output)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not output.exists():
        time.sleep(0.02)
    assert output.read_text() == "first\n"
    assert process.poll() is None
    process.terminate()
    assert process.wait(timeout=10) == -signal.SIGTERM


def test_command_that_takes_too_long_is_killed(lab):
    with pytest.raises(subprocess.TimeoutExpired) as caught:
        lab.run(["sh", "-c", "echo begun; sleep 987"], timeout=1)
    assert caught.value.stdout == b"begun\n"
    time.sleep(0.2)
    assert "987" not in lab.run(["ps", "axo", "args"]).stdout


def test_large_input_and_output_pass_whole(lab):
    data = "0123456789abcde\n" * 20_000
    done = lab.run(["tee", "/dev/stderr"], input=data)
    assert done.stdout == data
    assert done.stderr == data


def test_the_host_is_reached_by_its_address(lab):
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = threading.Thread(target=lambda: server.accept()[0].sendall(b"from the host"))
        answer.start()
        address = f"/dev/tcp/{lab.host_address}/{server.getsockname()[1]}"
        done = lab.run(["bash", "-c", f"head -c 13 < {address}"], timeout=20)
        answer.join()
    assert done.stdout == "from the host"


def test_run_passes_streams_and_status_on(tmp_path):
    script = "cat; echo to-stderr >&2; python -c 'import pyroute2'; pwd; exit 7"
    done = lab_run("sh", "-c", script, cwd=tmp_path, input="to-stdin\n")
    assert done.returncode == 7
    assert done.stdout == f"to-stdin\n{tmp_path}\n"
    assert done.stderr == "to-stderr\n"


def test_run_writes_below_the_folder_and_nowhere_else(tmp_path):
    folder = tmp_path / "a folder, with a comma"
    folder.mkdir()
    outside = tmp_path / "outside"
    outside.write_text("host")
    done = lab_run("sh", "-c", "echo in > inside; echo guest > ../outside; cat ../*e", cwd=folder)
    assert done.stdout == "guest\n"
    assert (folder / "inside").read_text() == "in\n"
    assert outside.read_text() == "host"


def test_output_after_a_commands_end_harms_no_other(lab):
    done = lab.run(["sh", "-c", "(sleep 1; echo late) & echo now"])
    assert done.stdout == "now\n"
    assert lab.run(["sh", "-c", "sleep 1.2; echo next"]).stdout == "next\n"


def test_run_ends_when_nobody_reads_its_output(tmp_path):
    script = f"'{RUN}' yes | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"{script}; echo ${{PIPESTATUS[0]}}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("y\n141\n", "")


def test_run_refuses_a_size_of_memory_that_is_none(tmp_path):
    done = lab_run("true", cwd=tmp_path, env=os.environ | {"LAB_MEMORY": "lots"})
    assert (done.returncode, done.stdout) == (125, "")
    assert done.stderr == "lab/run: 'lots' is not a size of memory: write it like 512M\n"


def test_run_names_a_program_that_is_not_there(tmp_path):
    done = lab_run("no-such-program", cwd=tmp_path)
    assert done.returncode == 127
    assert done.stderr == "lab: no-such-program: No such program on PATH\n"


def test_run_works_as_an_ordinary_user():
    folder = Path(tempfile.mkdtemp(prefix="lab-test-"))
    try:
        shutil.copytree(PROJECT / "lab", folder / "lab")
        work = folder / "work"
        work.mkdir()
        for path in (folder, work):
            path.chmod(0o777)
        drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        script = "ipvsadm -A -f 1 && ipvsadm -Sn && echo made > made"
        done = subprocess.run(
            [*(drop if os.geteuid() == 0 else []), folder / "lab" / "run", "sh", "-c", script],
            cwd=work,
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "-A -f 1 -s wlc\n"
        assert (work / "made").read_text() == "made\n"
        if os.geteuid() == 0:
            assert (work / "made").stat().st_uid == 65534
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_run_leaves_nothing_behind_when_it_is_ended(tmp_path, number):
    mark = f"LAB_TEST_MARK={uuid.uuid4()}"
    environment = os.environ | {"TMPDIR": str(tmp_path)} | dict([mark.split("=")])
    process = subprocess.Popen(
        [RUN, "sh", "-c", "echo up; sleep 100"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    assert len(processes_with(mark)) > 3
    process.send_signal(number)
    process.wait(timeout=10)
    process.stdout.close()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and (processes_with(mark) or list(tmp_path.iterdir())):
        time.sleep(0.05)
    assert processes_with(mark) == []
    assert list(tmp_path.iterdir()) == []
    assert process.returncode == (-9 if number == signal.SIGKILL else 128 + number)


def processes_with(mark):
    """Processes of the host that have this setting in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(folder.name)
        except OSError:
            continue
    return found


def test_lab_that_cannot_boot_shows_its_console():
    with pytest.raises(LabError, match=r"did not start.*\n.*physical memory"):
        Lab(memory="4M").start()


def test_lab_that_dies_says_so(tmp_path):
    with Lab(tmp_path, web=False) as lab, pytest.raises(LabError, match="went down"):
        lab.run(["sh", "-c", "echo c > /proc/sysrq-trigger; sleep 60"])


def test_missing_packages_are_named(monkeypatch):
    absent = {"linux.uml", "slirp-fullbolt"}
    present = uml.find_program
    monkeypatch.setattr(uml, "find_program", lambda n: None if n in absent else present(n))
    with pytest.raises(PartsMissing, match="apt-get install slirp user-mode-linux"):
        Lab().start()


def test_all_of_the_host_cannot_be_made_writable():
    done = lab_run("true", cwd="/")
    assert done.returncode == 125
    assert "choose a folder below it" in done.stderr


def test_guest_python_is_the_projects(lab):
    done = lab.run(["python", "-c", "import sys; print(sys.prefix)"])
    assert done.stdout.strip() == sys.prefix
