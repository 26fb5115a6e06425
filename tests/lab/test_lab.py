"""The lab itself: it has IPVS, it passes everything on faithfully, and it leaves no trace."""

import os
import shlex
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

from lab import Lab, LabError, PartsMissing, choice, kernel
from tests.lab.ways import RUN, host_without_ipvs, needs_uml

PROJECT = Path(__file__).resolve().parents[2]
VIP = "192.168.49.134"
SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh")


def lab_run(*argv, cwd, way="uml", **options):
    """Run `lab/run argv…` as a person would."""
    return subprocess.run(
        [*RUN[way], *argv],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
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


def test_web_server_answers_many_requests_on_one_connection(each_lab):
    urls = ["http://192.168.1.103/"] * 3
    done = each_lab.run(["curl", "-sS", "-w", "%{num_connects} ", *urls])
    assert done.stdout == "web1\n1 web1\n0 web1\n0 "


def test_commands_run_side_by_side(each_lab):
    began = time.monotonic()
    sleepers = [each_lab.spawn(["sleep", "1"]) for _ in range(5)]
    assert [sleeper.wait(timeout=20) for sleeper in sleepers] == [0] * 5
    assert time.monotonic() - began < 4


def test_spawned_command_writes_to_its_file_and_ends_when_told(each_lab, tmp_path):
    output = tmp_path / "output"
    process = each_lab.spawn(["sh", "-c", "echo first; sleep 60"], output=output)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not output.exists():
        time.sleep(0.02)
    assert output.read_text() == "first\n"
    assert process.poll() is None
    process.terminate()
    assert process.wait(timeout=10) == -signal.SIGTERM


def test_command_that_takes_too_long_is_killed(each_lab):
    with pytest.raises(subprocess.TimeoutExpired) as caught:
        each_lab.run(["sh", "-c", "echo begun; sleep 987"], timeout=1)
    assert caught.value.stdout == b"begun\n"
    time.sleep(0.2)
    assert "987" not in each_lab.run(["ps", "axo", "args"]).stdout


def test_large_input_and_output_pass_whole(each_lab):
    data = "0123456789abcde\n" * 20_000
    done = each_lab.run(["tee", "/dev/stderr"], input=data)
    assert done.stdout == data
    assert done.stderr == data


def test_the_host_is_reached_by_its_address(each_lab):
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = threading.Thread(target=lambda: server.accept()[0].sendall(b"from the host"))
        answer.start()
        address = f"/dev/tcp/{each_lab.host_address}/{server.getsockname()[1]}"
        done = each_lab.run(["bash", "-c", f"head -c 13 < {address}"], timeout=20)
        answer.join()
    assert done.stdout == "from the host"


def test_run_passes_streams_and_status_on(way, tmp_path):
    script = "cat; echo to-stderr >&2; python -c 'import pyroute2'; pwd; exit 7"
    done = lab_run("sh", "-c", script, cwd=tmp_path, way=way, input="to-stdin\n")
    assert done.returncode == 7
    assert done.stdout == f"to-stdin\n{tmp_path}\n"
    assert done.stderr == "to-stderr\n"


def test_run_writes_below_the_folder_and_nowhere_else(way, tmp_path):
    folder = tmp_path / "a folder, with a comma"
    folder.mkdir()
    outside = tmp_path / "outside"
    outside.write_text("host")
    done = lab_run(
        "sh", "-c", "echo in > inside; echo guest > ../outside; cat ../*e", cwd=folder, way=way
    )
    assert done.stdout == "guest\n"
    assert (folder / "inside").read_text() == "in\n"
    assert outside.read_text() == "host"


def test_output_after_a_commands_end_harms_no_other(each_lab):
    done = each_lab.run(["sh", "-c", "(sleep 1; echo late) & echo now"])
    assert done.stdout == "now\n"
    assert each_lab.run(["sh", "-c", "sleep 1.2; echo next"]).stdout == "next\n"


def test_run_ends_when_nobody_reads_its_output(way, tmp_path):
    script = f"{shlex.join(RUN[way])} yes | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"{script}; echo ${{PIPESTATUS[0]}}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("y\n141\n", "")


def test_run_refuses_a_size_of_memory_that_is_none(way, tmp_path):
    done = lab_run("true", cwd=tmp_path, way=way, env=os.environ | {"LAB_MEMORY": "lots"})
    assert (done.returncode, done.stdout) == (125, "")
    assert done.stderr == "lab/run: 'lots' is not a size of memory: write it like 512M\n"


def test_run_names_a_program_that_is_not_there(way, tmp_path):
    done = lab_run("no-such-program", cwd=tmp_path, way=way)
    assert done.returncode == 127
    assert done.stderr == "lab: no-such-program: No such program on PATH\n"


@needs_uml
def test_run_works_as_an_ordinary_user(public_lab):
    work = public_lab / "work"
    script = "ipvsadm -A -f 1 && ipvsadm -Sn && echo made > made"
    done = run_as_nobody(public_lab, "sh", "-c", script)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "-A -f 1 -s wlc\n"
    assert (work / "made").read_text() == "made\n"
    if os.geteuid() == 0:
        assert (work / "made").stat().st_uid == 65534


def test_the_hosts_own_kernel_is_for_root_only(public_lab):
    done = run_as_nobody(public_lab, "true", LAB_KERNEL="host")
    assert (done.returncode, done.stdout) == (125, "")
    assert done.stderr == (
        "lab/run: the lab in this machine's own kernel needs root: run this as root (sudo)\n"
    )


@pytest.fixture
def public_lab():
    """A folder with a copy of the lab and one named work, open to every user."""
    folder = Path(tempfile.mkdtemp(prefix="lab-test-"))
    try:
        shutil.copytree(PROJECT / "lab", folder / "lab")
        work = folder / "work"
        work.mkdir()
        for path in (folder, work):
            path.chmod(0o777)
        yield folder
    finally:
        shutil.rmtree(folder)


def run_as_nobody(folder, *argv, **env):
    """Run `lab/run argv…` of that folder, as an ordinary user."""
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    return subprocess.run(
        [*(drop if os.geteuid() == 0 else []), folder / "lab" / "run", *argv],
        cwd=folder / "work",
        env={"PATH": "/usr/bin:/bin"} | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_run_leaves_nothing_behind_when_it_is_ended(way, tmp_path, number):
    host_before = state_of_the_host()
    mark = f"LAB_TEST_MARK={uuid.uuid4()}"
    environment = os.environ | {"TMPDIR": str(tmp_path)} | dict([mark.split("=")])
    process = subprocess.Popen(
        [*RUN[way], "sh", "-c", "echo up; sleep 100"],
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
    assert state_of_the_host() == host_before


def test_stopped_lab_leaves_nothing_behind(way, tmp_path, monkeypatch):
    mark = f"LAB_TEST_MARK={uuid.uuid4()}"
    monkeypatch.setenv(*mark.split("="))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    host_before = state_of_the_host()
    own = set(processes_with(mark))
    with make_lab(way) as running:
        running.spawn(["sleep", "300"], host="web1")
        assert len(set(processes_with(mark)) - own) > 3
        assert state_of_the_host() == host_before
    assert set(processes_with(mark)) - own == set()
    assert list(tmp_path.iterdir()) == []
    assert state_of_the_host() == host_before


def make_lab(way, **options):
    """A lab of that way, not started."""
    return Lab(**options) if way == "uml" else Lab(kernel=host_without_ipvs, **options)


def state_of_the_host():
    """What a guest in the host's own kernel could leave there, apart from what others do meanwhile."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    interfaces = {name for _, name in socket.if_nameindex()}
    return {
        "mounts": [line for line in mounts if "lvs-lab-" in line or "netns" in line],
        "interfaces": interfaces & {"eth0", "outer", "inner", "web1", "web2"},
        "namespaces": [Path("/run/netns", name).exists() for name in ("client", "web1", "web2")],
        "routes": Path("/proc/net/route").read_text(),
        "forwards": Path("/proc/sys/net/ipv4/ip_forward").read_text(),
        "host name": socket.gethostname(),
    }


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


@needs_uml
def test_lab_that_cannot_boot_shows_its_console():
    with pytest.raises(LabError, match=r"did not start.*\n.*physical memory"):
        Lab(memory="4M").start()


@needs_uml
def test_lab_that_dies_says_so(tmp_path):
    with Lab(tmp_path, web=False) as lab, pytest.raises(LabError, match="went down"):
        lab.run(["sh", "-c", "echo c > /proc/sysrq-trigger; sleep 60"])


@pytest.fixture
def hide(monkeypatch):
    """Makes programs look as if they weren't installed."""
    present = kernel.find_program

    def hide_programs(*names):
        for module in (kernel, choice):
            monkeypatch.setattr(
                module, "find_program", lambda n: None if n in names else present(n)
            )

    return hide_programs


def test_missing_packages_are_named(monkeypatch, hide):
    monkeypatch.setenv("LAB_KERNEL", "uml")
    hide("linux.uml", "slirp-fullbolt")
    with pytest.raises(PartsMissing, match="apt-get install slirp user-mode-linux"):
        Lab().start()


def test_without_user_mode_linux_the_packages_of_the_other_way_are_named(monkeypatch, hide):
    monkeypatch.delenv("LAB_KERNEL", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    hide("linux.uml", "slirp4netns")
    with pytest.raises(PartsMissing, match=r"no user-mode-linux here.*apt-get install slirp4netns"):
        Lab().start()


def test_a_host_whose_kernel_has_no_ipvs_is_refused_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("LAB_KERNEL", "host")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    modprobe = tmp_path / "modprobe"
    modprobe.write_text("#!/bin/sh\necho Module ip_vs not found >&2; exit 1\n")
    modprobe.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(LabError, match=r"IPVS can't be loaded.*\n.*ip_vs not found"):
        Lab().start()


def test_lab_kernel_that_is_neither_is_refused(tmp_path):
    done = lab_run("true", cwd=tmp_path, env=os.environ | {"LAB_KERNEL": "xen"})
    assert done.returncode == 125
    assert done.stderr == "lab/run: LAB_KERNEL is 'xen': it may be uml or host, or not set at all\n"


def test_guest_has_rights_over_its_own_kernel_only(way, each_lab):
    if way == "uml":
        assert each_lab.run(["sh", "-c", "echo 1 >/proc/sys/kernel/sysrq"]).returncode == 0
        return
    script = (
        "echo x >/proc/sys/kernel/hostname; echo x >/sys/kernel/uevent_seqnum; chmod 6 /dev/null"
    )
    refused = each_lab.run(["sh", "-c", script]).stderr
    assert refused.count("Read-only file system") == 3
    rights = int(each_lab.run(["grep", "CapBnd", "/proc/self/status"]).stdout.split()[1], 16)
    modules, reboot, clock = 1 << 16, 1 << 22, 1 << 25
    assert rights & (modules | reboot | clock) == 0


@pytest.mark.parametrize("address", ["192.168.1.103", "192.168.1.104"])
def test_client_reaches_a_real_server_through_the_director(each_lab, address):
    name = {"192.168.1.103": "web1", "192.168.1.104": "web2"}[address]
    each_lab.run(["ip", "-n", "client", "route", "replace", "192.168.1.0/24", "via", VIP])
    done = each_lab.run(["curl", "-sS", "--max-time", "5", f"http://{address}/"], host="client")
    assert (done.stdout, done.stderr) == (f"{name}\n", "")


def test_machines_have_the_tutorials_addresses(each_lab):
    addresses = {
        "director": {"192.168.49.134", "192.168.1.105", "fd00:49::134", "fd00:1::105", "10.0.2.15"},
        "client": {"192.168.49.1", "fd00:49::1"},
        "web1": {"192.168.1.103", "fd00:1::103"},
        "web2": {"192.168.1.104", "fd00:1::104"},
    }
    for host, wanted in addresses.items():
        listed = each_lab.run(["ip", "-o", "addr"], host=host).stdout.split()
        assert wanted <= {word.split("/")[0] for word in listed}
    assert each_lab.run(["hostname"]).stdout == "director\n"


def test_all_of_the_host_cannot_be_made_writable():
    done = lab_run("true", cwd="/")
    assert done.returncode == 125
    assert "choose a folder below it" in done.stderr


def test_guest_python_is_the_projects(each_lab):
    done = each_lab.run(["python", "-c", "import sys; print(sys.prefix)"])
    assert done.stdout.strip() == sys.prefix
