"""What ipvsadm and sysctl say of this director, and what they should say of a table."""

import re
import subprocess

from lvs.canonical_form import make_table
from lvs.formats import render
from lvs.model import Table
from lvs.settings import SyncDaemon, Timeouts
from tests.lab.inside.conftest import run_ipvsadm

ASK = (
    "ipvsadm -Sn; echo =; ipvsadm -Ln --thresholds; echo =; ipvsadm -L --daemon; echo =; "
    "ipvsadm -L --timeout; echo =; sysctl net.ipv4.vs"
)


def saved() -> list[str]:
    """`ipvsadm -Sn`, sorted; marks as the positive numbers that they are."""
    return _plain_marks(run_ipvsadm("-Sn"))


def _plain_marks(text: str) -> list[str]:
    text = re.sub(r"-f -(\d+)", lambda found: f"-f {2**32 - int(found[1])}", text)
    return sorted(text.splitlines())


def as_saved(table: Table) -> list[str]:
    """The lines that `ipvsadm -Sn` should print, sorted: it loses thresholds."""
    text = render(make_table(table.services), "ipvsadm")
    return sorted(re.sub(r" -[xy] \d+", "", line) for line in text.splitlines())


def _thresholds(listing: str) -> list[tuple[str, ...]]:
    rows = [line.split()[1:4] for line in listing.splitlines() if line.startswith("  ->")]
    return sorted((name, upper, lower) for name, upper, lower in rows[1:])


def as_thresholds(table: Table) -> list[tuple[str, ...]]:
    """Name, upper and lower threshold of each real server, sorted."""
    servers = [server for service in table.services for server in service.real_servers]
    return sorted((str(s), str(s.upper_threshold), str(s.lower_threshold)) for s in servers)


def as_daemon_lines(*daemons: SyncDaemon) -> list[str]:
    """What `ipvsadm -L --daemon` prints of them, sorted."""
    return sorted(
        f"{d.role} sync daemon (mcast={d.interface}, syncid={d.syncid}, maxlen={d.maxlen}, "
        f"group={d.group}, port={d.port}, ttl={d.ttl})"
        for d in daemons
    )


def _timeouts(line: str) -> Timeouts:
    found = re.search(r": (\d+) (\d+) (\d+)", line)
    assert found, line
    return Timeouts(*map(int, found.groups()))


def _sysctls(text: str) -> dict[str, str]:
    pairs = (line.split(" = ", 1) for line in text.splitlines())
    return {name.rpartition(".")[2]: " ".join(value.split()) for name, value in pairs}


def assert_witnesses_say(table: Table) -> None:
    """That the kernel holds the table's services and nothing else, and the settings it decides."""
    done = subprocess.run(["sh", "-c", ASK], capture_output=True, text=True, check=True)
    rules, listing, daemons, timeouts, sysctls = (
        part.strip("\n") for part in done.stdout.split("=\n", 4)
    )
    assert _plain_marks(rules) == as_saved(table)
    assert _thresholds(listing) == as_thresholds(table)
    if table.sync is not None:
        assert sorted(daemons.splitlines()) == as_daemon_lines(*table.sync)
    assert _timeouts(timeouts).only(table.timeouts.given) == table.timeouts
    told = _sysctls(sysctls)
    for name, value in table.sysctls:
        # drop_entry and its like: the kernel may have made 2 of 1
        assert told[name] in ({value, "2"} if value == "1" else {value})
