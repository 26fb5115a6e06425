"""The agent against a real kernel and a real Redis, with ipvsadm as witness."""

import hashlib
import json
import re
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from apps.trust.access import director_rules
from lvs.agent.envelope import seal_order
from lvs.agent.streams import SAMPLES_KEPT, samples_stream
from lvs.documents import scope_to_document, table_to_document
from lvs.model import EMPTY
from tests.lab.director import UUID, table, wait_for
from tests.lab.ways import needs_uml

FIRST_RULES = [
    "-A -t 192.168.49.134:80 -s rr",
    "-a -t 192.168.49.134:80 -r 192.168.1.103:80 -m -w 1",
    "-a -t 192.168.49.134:80 -r 192.168.1.104:80 -m -w 1",
]
MANY = 400
"""Services of an order that takes long enough to be interrupted."""


# --- orders --------------------------------------------------------------------------------------


def test_an_order_makes_the_kernel_hold_the_table(running):
    end = running.obey(running.order(table()))
    assert (end["state"], end["error"], end["digest"]) == ("verified", "", table().digest)
    assert running.rules() == FIRST_RULES


def test_a_run_is_told_from_its_plan_to_its_end(running):
    end = running.obey(running.order(table()))
    started, *told = running.reports("run_started", "run_steps", "run_finished")
    commands = [step["command"] for step in started["steps"]]
    assert commands == [step["command"] for step in end["steps"]]
    assert [c.removeprefix("ipvsadm ") for c in commands] == FIRST_RULES
    assert [step["state"] for step in end["steps"]] == ["done"] * 3
    assert told == [end]  # nobody waits for three steps to be told by themselves


def test_what_the_kernel_holds_is_told_before_the_end_of_the_run(running):
    running.obey(running.order(table()))
    *_, before, end = running.reports("observed", "run_finished")
    assert end["type"] == "run_finished"
    assert before["table"]["services"] == table_to_document(table())["services"]
    assert before["owned"] == scope_to_document(table().scope)
    assert before["owned_digest"] == table().digest


def test_an_edit_keeps_what_it_can(running):
    running.obey(running.order(table()))
    end = running.obey(running.order(table(weight=20, scheduler="wrr"), revision=2))
    assert [step["command"].split()[1] for step in end["steps"]] == ["-e", "-E"]


def test_a_revision_that_was_verified_is_answered_and_nothing_is_written(running):
    running.obey(running.order(table()))
    before = running.state_file()
    end = running.obey(running.order(table(), run=2))
    assert (end["state"], end["already"], end["steps"]) == ("verified", True, [])
    assert running.state_file() == before


def test_an_order_that_comes_twice_gets_the_first_answer_again(running):
    order = running.order(table())
    first = running.obey(order)
    running.ipvsadm("-C")
    assert running.obey(order) == first
    assert running.rules() == []


def test_a_failed_order_that_comes_twice_is_not_tried_again(running):
    running.ipvsadm("-R", rules="-A -t 192.168.49.134:80 -s rr\n")
    order = running.order(table())
    first = running.obey(order)
    assert (first["state"], first["code"]) == ("failed", "conflict")
    running.ipvsadm("-C")
    assert running.obey(order) == first
    assert running.rules() == []


def test_an_older_revision_is_refused(running):
    running.obey(running.order(table(), revision=2))
    end = running.obey(running.order(table(weight=9), revision=1))
    assert end["state"] == "failed"
    assert "older than what this director holds" in end["error"]
    assert [report["reason"] for report in running.reports("refused")] == [end["error"]]
    assert running.rules() == FIRST_RULES


def test_a_revision_never_changes(running):
    running.obey(running.order(table()))
    end = running.obey(running.order(table(weight=9), run=2))
    assert end["state"] == "failed"
    assert running.rules() == FIRST_RULES


def revision_told(director):
    """Of the newest heartbeat; None before the first."""
    beats = director.reports("heartbeat")
    return beats[-1]["revision"] if beats else None


def test_revisions_of_another_cluster_are_counted_for_themselves(running):
    running.obey(running.order(table(), revision=5))
    order = running.order(table(weight=9), revision=1, cluster="mail")
    assert running.obey(order)["state"] == "verified"
    wait_for(lambda: revision_told(running) == 1, "the new revision")


def test_a_kernel_that_moved_is_left_as_it_is(running):
    running.obey(running.order(table()))
    running.ipvsadm("-E", "-t", "192.168.49.134:80", "-s", "wlc")
    order = running.order(table(weight=9), revision=2, expected_digest=table().digest)
    end = running.obey(order)
    assert (end["state"], end["code"]) == ("failed", "moved")
    assert "-s wlc" in running.rules()[0]


def test_a_refusal_by_the_kernel_names_its_step(running):
    service = table().services[0]
    unknown = service._replace(scheduler="nosuch", port=90, real_servers=())
    wanted = table()._replace(services=(service, unknown))
    end = running.obey(running.order(wanted))
    assert (end["state"], end["code"]) == ("partial", "refused")
    failed = [step for step in end["steps"] if step["state"] == "failed"]
    assert [step["command"] for step in failed] == ["ipvsadm -A -t 192.168.49.134:90 -s nosuch"]
    assert "nosuch" in end["error"] + failed[0]["error"]


@pytest.mark.parametrize("kind", ["stranger", "altered", "expired", "elsewhere", "nonsense"])
def test_a_forged_order_changes_nothing(running, kind):
    order = running.order(table())
    late = {"not_before": order.not_before - 900, "expires": order.expires - 900}
    elsewhere = {"director": "7a3f0e4e-0000-4000-8000-000000000000"}
    running.send_text(
        {
            "stranger": lambda: seal_order(order, Ed25519PrivateKey.generate()),
            "altered": lambda: seal_order(order, running.key).replace(
                "192.168.1.103", "192.168.1.104"
            ),
            "expired": lambda: seal_order(running.order(table(), **late), running.key),
            "elsewhere": lambda: seal_order(running.order(table(), **elsewhere), running.key),
            "nonsense": lambda: "nonsense",
        }[kind]()
    )
    wait_for(lambda: running.reports("refused"), "the refusal")
    assert running.rules() == []
    assert not running.reports("run_started", "run_finished")
    assert running.obey(order)["state"] == "verified"  # and it goes on


# --- Redis comes and goes ------------------------------------------------------------------------


def test_a_run_goes_on_while_redis_is_away_and_is_told_later(running, redis_server):
    running.send(running.order(table(MANY)))
    wait_for(lambda: running.reports("run_started"), "the run's begin")
    redis_server.stop()
    wait_for(lambda: len(running.rules()) == 3 * MANY, "the whole table")
    redis_server.start()
    end = wait_for(lambda: running.ends(1), "the end of the run")[0]
    assert end["state"] == "verified"
    assert [step["state"] for step in end["steps"]] == ["done"] * 3 * MANY


def test_the_end_of_a_run_outlives_the_agent(running, redis_server):
    running.send(running.order(table(MANY)))
    wait_for(lambda: running.reports("run_started"), "the run's begin")
    redis_server.stop()
    wait_for(lambda: list((running.state / "runs").glob("*.pending.json")), "the end on disk")
    running.kill()
    redis_server.start()
    assert not running.ends(1)
    running.start()
    end = wait_for(lambda: running.ends(1), "the end of the run")[0]
    assert (end["state"], len(end["steps"])) == ("verified", 3 * MANY)
    wait_for(lambda: not list((running.state / "runs").glob("*.pending.json")), "the note of it")


def test_an_agent_that_starts_before_redis_serves_as_soon_as_redis_comes(director, redis_server):
    redis_server.stop()
    director.launch()
    wait_for(lambda: "can't take orders" in director.log.read_text(), "the agent to miss Redis")
    redis_server.start()
    assert director.obey(director.order(table()))["state"] == "verified"


def test_the_agent_comes_back_after_every_restart_of_redis(running, redis_server):
    for revision in range(1, 4):
        redis_server.stop()
        redis_server.start()
        end = running.obey(running.order(table(weight=revision), revision=revision))
        assert end["state"] == "verified"


def test_a_frozen_redis_is_survived(running, redis_server):
    thaw = threading.Timer(6, redis_server.resume)
    redis_server.pause()
    thaw.start()
    thaw.join()
    assert running.obey(running.order(table()))["state"] == "verified"


def test_the_rights_that_enrolment_gives_it_in_redis_are_enough(director, redis_url):
    password_hash = hashlib.sha256(b"secret").hexdigest()
    director.redis.execute_command("ACL", "SETUSER", "lb1", *director_rules(UUID, password_hash))
    director.configure(redis_url.replace("redis://", "redis://lb1:secret@"))
    try:
        director.start()
        assert director.obey(director.order(table()))["state"] == "verified"
        wait_for(director.samples, "a sample")
    finally:
        director.kill()
        director.configure(redis_url)
        director.redis.execute_command("ACL", "DELUSER", "lb1")


# --- restarts ------------------------------------------------------------------------------------


def test_a_killed_agent_writes_nothing_when_it_comes_back(running):
    running.obey(running.order(table(2)))
    running.kill()
    running.ipvsadm("-R", rules="-E -t 192.168.49.134:80 -s wlc\n-D -t 192.168.49.134:81\n")
    drifted, before = running.rules(), running.state_file()
    running.start()
    wait_for(running.samples, "a sample")
    assert running.rules() == drifted
    assert running.state_file() == before
    assert running.reports("observed")[-1]["owned_digest"] != table(2).digest


def test_a_cleared_kernel_stays_cleared_when_the_host_was_not_restarted(running):
    running.obey(running.order(table()))
    running.kill()
    running.ipvsadm("-C")
    running.start()
    assert running.rules() == []


def test_an_interrupted_run_is_finished_by_the_same_order(running):
    order = running.order(table(MANY), expected_digest=EMPTY.digest)
    running.send(order)
    wait_for(lambda: running.reports("run_started"), "the run's begin")
    running.kill()
    running.start()
    assert running.obey(order)["state"] == "verified"
    assert len(running.rules()) == 3 * MANY


def after_a_reboot(director):
    """As the next boot finds things: another boot id, and nothing in the kernel."""
    director.stop()
    path = director.state / "state.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"boot_id": "before"}))
    director.ipvsadm("-C")


def test_a_reboot_restores_the_last_verified_table(running):
    running.obey(running.order(table()))
    after_a_reboot(running)
    running.start()
    assert running.rules() == FIRST_RULES
    assert running.reports("observed")[-1]["owned_digest"] == table().digest
    assert running.reports("heartbeat")[-1]["revision"] == 1


def test_a_reboot_restores_without_redis(running, redis_server):
    running.obey(running.order(table()))
    after_a_reboot(running)
    redis_server.stop()
    running.launch()
    wait_for(lambda: running.rules() == FIRST_RULES, "the restored table")


def test_a_reboot_restores_though_the_memory_of_orders_is_damaged(running):
    running.obey(running.order(table()))
    after_a_reboot(running)
    (running.state / "orders.json").write_text("")
    running.start()
    assert running.rules() == FIRST_RULES
    assert "orders.json is damaged" in running.reports("heartbeat")[-1]["problem"]
    assert running.reports("observed")[-1]["owned_digest"] == table().digest
    assert running.obey(running.order(table(2), revision=2))["state"] == "failed"
    assert running.rules() == FIRST_RULES


def test_after_a_reboot_what_others_put_there_stays_and_a_table_of_theirs_is_kept(running):
    running.obey(running.order(table()))
    after_a_reboot(running)
    theirs = ["-A -u 192.168.49.134:53 -s rr"]
    running.ipvsadm("-R", rules=theirs[0] + "\n")
    running.start()
    assert sorted(running.rules()) == sorted(FIRST_RULES + theirs)


def test_after_a_reboot_what_others_made_under_an_address_of_ours_is_theirs(running):
    running.obey(running.order(table(2)))
    after_a_reboot(running)
    by_hand = ["-A -t 192.168.49.134:80 -s wlc"]
    running.ipvsadm("-R", rules=by_hand[0] + "\n")
    running.start()
    assert running.rules() == by_hand
    seen = running.reports("observed")[-1]
    assert (seen["owned"]["services"], seen["owned_digest"]) == ([], EMPTY.digest)
    running.kill()
    running.ipvsadm("-C")
    running.start()  # still the same boot: cleared by hand, so it stays cleared
    assert running.rules() == []


def test_sigterm_ends_an_idle_agent_well(running):
    assert running.stop() == 0
    assert "stopped" in running.log.read_text()


def test_sigterm_lets_a_run_end_first(running):
    running.send(running.order(table(MANY)))
    wait_for(lambda: running.reports("run_started"), "the run's begin")
    assert running.stop() == 0
    assert len(running.rules()) == 3 * MANY
    assert running.ends(1)[0]["state"] == "verified"


# --- what it says unasked ------------------------------------------------------------------------


def test_heartbeats_tell_the_facts(running):
    beat = wait_for(lambda: running.reports("heartbeat"), "a heartbeat")[-1]
    facts = beat["facts"]
    assert beat["problem"] == ""
    assert facts["kernel"] == running.lab.run(["uname", "-r"]).stdout.strip()
    version = re.search(r"version (\S+) \(size=(\d+)\)", running.ipvsadm("-Ln"))
    assert facts["ipvs_version"] == version[1]
    assert facts["connection_table_size"] == int(version[2])
    assert {"rr", "wrr", "mh", "ovf"} <= set(facts["schedulers"])
    assert {"interface": "outer", "address": "192.168.49.134", "prefix": 24} in facts["addresses"]
    assert facts["ip_forward"] is True


def test_a_change_by_hand_is_observed(running):
    running.obey(running.order(table()))
    running.ipvsadm("-A", "-u", "192.168.49.134:53", "-s", "rr")
    wait_for(
        lambda: len(running.reports("observed")[-1]["table"]["services"]) == 2, "the observation"
    )
    assert running.reports("observed")[-1]["owned_digest"] == table().digest


def test_samples_count_real_connections(running):
    running.obey(running.order(table()))
    script = "for i in 1 2 3 4; do curl -s http://192.168.49.134/; done"
    assert running.lab.run(["sh", "-c", script], host="client").returncode == 0
    service = "tcp 192.168.49.134:80"

    def counted():
        rows = running.samples()[-1]["rows"] if running.samples() else {}
        return rows if rows.get(service, [0] * 5)[4] == 4 else None

    rows = wait_for(counted, "four connections")
    assert sorted(row[4] for name, row in rows.items() if "|" in name) == [2, 2]
    assert running.redis.xlen(samples_stream(UUID)) <= SAMPLES_KEPT + 100


def test_without_the_right_the_agent_says_so_and_lives(director):
    director.start("setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin")
    assert "CAP_NET_ADMIN" in director.reports("heartbeat")[-1]["problem"]
    end = director.obey(director.order(table()))
    director.kill()
    assert end["state"] == "failed"
    assert "CAP_NET_ADMIN" in end["error"]


def test_cap_net_admin_is_the_right_it_needs(director):
    """With the two that let root read and write this test's own files."""
    kept = "-all,+net_admin,+dac_override,+dac_read_search"
    director.start("setpriv", "--bounding-set", kept, "--inh-caps", kept)
    end = director.obey(director.order(table()))
    director.kill()
    assert end["state"] == "verified"


@needs_uml
def test_without_ipvs_the_agent_says_so_and_recovers_when_it_is_loaded(director):
    no_autoload = "echo /bin/false >/proc/sys/kernel/modprobe"
    unload = "awk '/^ip_vs_/ {print $1}' /proc/modules | xargs -r rmmod && rmmod ip_vs"
    done = director.lab.run(["sh", "-c", f"{no_autoload}; {unload}"])
    assert done.returncode == 0, done.stderr
    try:
        director.start()
        assert director.reports("heartbeat")[-1]["problem"]
    finally:
        load = "echo /sbin/modprobe >/proc/sys/kernel/modprobe; modprobe ip_vs"
        loaded = director.lab.run(["sh", "-c", load])
    assert loaded.returncode == 0, loaded.stderr
    wait_for(lambda: not director.reports("heartbeat")[-1]["problem"], "its recovery")
    assert director.obey(director.order(table()))["state"] == "verified"


def test_a_damaged_state_is_said_and_never_reset(director):
    path = director.state / "state.json"
    path.write_text("{")
    director.start()
    assert "damaged" in director.reports("heartbeat")[-1]["problem"]
    assert director.obey(director.order(table()))["state"] == "failed"
    assert path.read_text() == "{"
    assert director.rules() == []
