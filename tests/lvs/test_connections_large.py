"""A million connections in bounded memory: each work in a process of its own, which tells its size."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LINE = "TCP {:08X} {:04X} C0A83186 0050 C0A801{:02X} 0050 {:<11} {:7}\n"
PROGRAM = """
import json, resource, sys
from pathlib import Path
import lvs.connections.printing as printing
import lvs.connections.source as source
from lvs.connections import find_connections, make_filters, make_order, summarise
from lvs.connections.scan import Order
from lvs.model import EMPTY

source.CONNECTIONS = Path(sys.argv[2])
printing.table_for = lambda filters: EMPTY

def find(sort):
    found = find_connections(make_filters(), make_order(sort, limit=100), table=EMPTY)
    return {part: found[part]["matched"] for part in ("connections", "templates")}

def summary():
    found = summarise(make_filters(), table=EMPTY)
    return {part: found[part]["total"] for part in ("connections", "templates")}

def show(style):
    with open("/dev/null", "w") as out:
        found = printing.print_connections(out.write, make_filters(), Order(limit=0), style)
    return {"connections": found.connections, "templates": found.templates}

works = {
    "find": lambda: find(""),
    "sort": lambda: find("expires"),
    "summary": summary,
    "text": lambda: show("text"),
    "json": lambda: show("json"),
}
counted = works[sys.argv[1]]()
print(json.dumps([counted, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


def line(number, every):
    """Every so many is a template."""
    port, state = (0, "ASSURED") if number % every == 0 else (1024 + number % 60000, "ESTABLISHED")
    return LINE.format(0x0A000000 + number, port, number % 50, state, number % 900)


@pytest.fixture(scope="module")
def list_of(tmp_path_factory):
    """A function that gives a list with so many lines."""
    folder = tmp_path_factory.mktemp("large")

    def make(lines, every):
        file = folder / f"{lines}-{every}"
        if not file.exists():
            with file.open("w") as opened:
                opened.writelines(line(number, every) for number in range(lines))
        return file

    return make


def run(work, file):
    """What a work counted, and the most memory that its process had: MiB."""
    command = [sys.executable, "-c", PROGRAM, work, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT)
    assert done.returncode == 0, done.stderr
    counted, kibibytes = json.loads(done.stdout)
    return counted, kibibytes / 1024


@pytest.mark.parametrize(
    ("work", "lines", "every", "more"),
    [
        ("find", 1_000_000, 10, 4),
        ("sort", 1_000_000, 10, 4),
        ("summary", 1_000_000, 10, 4),
        # The cache of addresses and the templates that wait in memory have limits of their own.
        ("text", 300_000, 10, 24),
        ("text", 300_000, 1, 32),
        ("json", 300_000, 10, 24),
    ],
)
def test_memory_does_not_grow_with_the_list(list_of, work, lines, every, more):
    file = list_of(lines, every)
    _, little = run(work, list_of(5_000, every))
    counted, much = run(work, file)
    assert counted == {"connections": lines - lines // every, "templates": lines // every}
    assert file.stat().st_size > 19e6
    assert much - little < more, f"{little:.0f} MiB grew to {much:.0f} MiB"
