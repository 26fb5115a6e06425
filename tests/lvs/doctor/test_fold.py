"""The console's document: bounded for any table, and nothing lost but what is alike."""

import json

from lvs.doctor.finding import Finding
from lvs.doctor.fold import ALIKE, fold
from lvs.doctor.judge import judge
from lvs.doctor.render import to_document
from lvs.doctor.servers import Advice, advise
from tests.lvs.doctor.hosts import HEALTHY, server, table

WRONG = [
    Finding("wrong", "route.missing", f"10.0.{i // 250}.{i % 250}", "No route", "Because.", "mend")
    for i in range(1000)
]
FINE = [finding._replace(level="ok", code="route.server") for finding in WRONG]
LAST = Finding("ok", "drain.run_estimation", "net.ipv4.vs.run_estimation", "It is 1")
DIRECT = [
    Advice((f"10.0.{i // 250}.{i % 250}",), ("direct",), (f"ip {i}",), ("Note.",))
    for i in range(1000)
]


def document(findings=(), advice=()):
    return to_document(HEALTHY, findings, advice)


def test_a_document_without_repeats_stays_as_it_is():
    whole = document(judge(HEALTHY, table()), advise(HEALTHY, table()))
    assert fold(whole) == whole


def test_as_many_as_are_kept_stay_as_they_are():
    whole = document(WRONG[:ALIKE], DIRECT[:ALIKE])
    assert fold(whole) == whole


def test_one_finding_stands_for_the_rest_of_its_code_in_its_place():
    findings = fold(document([*WRONG, LAST]))["findings"]
    assert findings[:ALIKE] == [finding._asdict() for finding in WRONG[:ALIKE]]
    assert findings[ALIKE + 1 :] == [LAST._asdict()]
    rest = findings[ALIKE]
    assert (rest["level"], rest["code"]) == ("wrong", "route.missing")
    assert (rest["subject"], rest["count"]) == ("950 more", 950)
    assert (rest["why"], rest["mend"]) == ("", "")


def test_levels_are_folded_apart():
    mixed = [finding for pair in zip(WRONG, FINE, strict=True) for finding in pair]
    mixed = [finding._replace(code="route.server") for finding in mixed]
    levels = [finding["level"] for finding in fold(document(mixed))["findings"]]
    assert levels.count("wrong") == levels.count("ok") == ALIKE + 1


def test_the_counts_and_the_verdict_are_those_of_all():
    whole = document([*WRONG, *FINE])
    folded = fold(whole)
    assert (folded["counts"], folded["fit"]) == (whole["counts"], False)


def test_no_real_server_is_lost_and_the_first_ones_keep_their_commands():
    parts = fold(document(advice=DIRECT))["real_servers"]
    assert [address for part in parts for address in part["servers"]] == [
        address for part in DIRECT for address in part.servers
    ]
    assert parts[ALIKE - 1]["commands"] == [f"ip {ALIKE - 1}"]
    assert parts[ALIKE]["commands"] == []
    assert "doctor --servers" in parts[ALIKE]["notes"][0]
    assert len(parts) == ALIKE + 1


def test_ways_are_folded_apart():
    tunnels = [part._replace(ways=("ipip tunnel",)) for part in DIRECT]
    parts = fold(document(advice=[*DIRECT, *tunnels]))["real_servers"]
    assert [tuple(part["ways"]) for part in parts if not part["commands"]] == [
        ("direct",),
        ("ipip tunnel",),
    ]


def test_folding_leaves_the_whole_document_alone():
    whole = document(WRONG, DIRECT)
    before = json.dumps(whole)
    fold(whole)
    assert json.dumps(whole) == before


def test_ten_thousand_direct_real_servers_take_little_room():
    servers = [
        server(f"10.{i // 62500}.{i // 250 % 250}.{i % 250 + 1}", "direct") for i in range(10000)
    ]
    wanted = table(*servers)
    folded = fold(document(judge(HEALTHY, wanted), advise(HEALTHY, wanted)))
    assert len(json.dumps(folded)) < 300_000
