"""What was captured on the lab's director: see captured/README.md."""

from pathlib import Path

from lvs.connections import find_connections, make_filters, make_order
from lvs.connections.scan import MOST_ROWS
from lvs.formats import parse

FOLDER = Path(__file__).parent / "captured"
LIST = FOLDER / "ip_vs_conn.txt"
LIST_WITH_ORIGIN = FOLDER / "ip_vs_conn_sync.txt"
LISTED = (FOLDER / "ipvsadm_lcn.txt").read_text()
TABLE = parse((FOLDER / "ipvsadm_sn.txt").read_text())
LINES = LIST.read_bytes().splitlines(keepends=True)[1:]


def find(path=LIST, table=TABLE, sort="", reverse=False, limit=MOST_ROWS, **words):
    """The document of `find_connections` on the captured list, or another."""
    order = make_order(sort, reverse=reverse, limit=limit)
    return find_connections(make_filters(**words), order, table=table, path=path)


def rows(**words):
    found = find(**words)
    return [*found["connections"]["rows"], *found["templates"]["rows"]]


def side(part):
    return f"{part['address']}:{part['port']}"
