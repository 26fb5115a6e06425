"""The agent keeps one right of root, whoever starts it."""

from lvs.agent.privileges import CAP_NET_ADMIN
from tests.lab.director import PROJECT, table

ONLY = f"{1 << CAP_NET_ADMIN:016x}"


def status(director):
    """Lines of /proc/PID/status of the agent and of each of its threads, by name."""
    script = (
        "for task in /proc/$(pgrep -of 'lvs.agent --config')/task/*; do"
        " grep -hE '^(Uid|NoNewPrivs|Cap)' $task/status; echo; done"
    )
    done = director.lab.run(["sh", "-c", script])
    assert done.returncode == 0, done.stderr
    for block in done.stdout.strip().split("\n\n"):
        yield dict(line.split(":\t") for line in block.splitlines())


def test_every_thread_has_cap_net_admin_and_nothing_else(running):
    threads = list(status(running))
    assert len(threads) >= 4  # worker, reporter, watcher, sampler
    for thread in threads:
        for name in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"):
            assert thread[name] == ONLY, name
        assert thread["NoNewPrivs"] == "1"


def test_it_still_writes_the_kernel_and_its_sysctls(running):
    assert running.obey(running.order(table()))["state"] == "verified"


def test_started_by_root_it_becomes_the_owner_of_its_configuration(clean_ipvs):
    code = (
        "import os, pathlib, lvs.agent.privileges as p\n"
        "config = pathlib.Path('/run/agent.toml'); config.touch(); os.chown(config, 4711, 4712)\n"
        "p.drop_privileges(config)\n"
        "print(pathlib.Path('/proc/thread-self/status').read_text())\n"
    )
    environment = {"PYTHONPATH": str(PROJECT)}
    done = clean_ipvs.run(["python", "-c", code], env=environment)
    assert done.returncode == 0, done.stderr
    found = dict(line.split(":\t") for line in done.stdout.splitlines() if ":\t" in line)
    assert found["Uid"].split() == ["4711"] * 4
    assert found["Gid"].split() == ["4712"] * 4
    assert found["Groups"].strip() == ""
    assert {found[f"Cap{name}"] for name in ("Eff", "Prm", "Bnd", "Inh", "Amb")} == {ONLY}
