"""`apply_table` when the kernel is not as the plan expects, or does not take it."""

from dataclasses import replace

from lvs.apply import apply_table
from lvs.model import EMPTY
from lvs.state import Journal, State
from tests.lab.inside.conftest import EDITED, FOREIGN, owned_in_kernel, states
from tests.lvs.examples import SERVERS, TUTORIAL, WEB, marked, table_of, with_servers


def test_expected_digest_that_fits_lets_it_pass(folder, ipvsadm):
    ipvsadm(*FOREIGN)
    apply_table(TUTORIAL, state=folder)
    outcome = apply_table(EDITED, state=folder, expected_digest=TUTORIAL.digest)
    assert outcome.state == "verified"


def test_kernel_changed_by_hand_since_the_plan_is_refused(folder, ipvsadm):
    apply_table(TUTORIAL, state=folder)
    ipvsadm("-e -t 192.168.49.134:80 -r 192.168.1.103:80 -m -w 50")
    before = ipvsadm("-Sn")
    outcome = apply_table(EDITED, state=folder, expected_digest=TUTORIAL.digest)
    assert (outcome.state, outcome.code, outcome.steps) == ("failed", "moved", ())
    assert outcome.digest == owned_in_kernel(folder).digest
    assert ipvsadm("-Sn") == before


def test_foreign_service_changed_since_the_plan_is_not_taken_over(folder, ipvsadm):
    ipvsadm("-A -t 192.168.49.134:80 -s rr")
    ipvsadm("-a -t 192.168.49.134:80 -r 192.168.1.109:80 -m")
    before = ipvsadm("-Sn")
    seen = table_of(WEB._replace(scheduler="rr", real_servers=()))
    outcome = apply_table(TUTORIAL, state=folder, adopt=True, expected_digest=seen.digest)
    assert (outcome.state, outcome.code, outcome.steps) == ("failed", "moved", ())
    assert ipvsadm("-Sn") == before


def test_foreign_service_that_is_as_in_the_plan_is_taken_over(folder, ipvsadm):
    ipvsadm("-A -t 192.168.49.134:80 -s rr")
    seen = table_of(WEB._replace(scheduler="rr", real_servers=()))
    outcome = apply_table(TUTORIAL, state=folder, adopt=True, expected_digest=seen.digest)
    assert outcome.state == "verified"


def interrupted(folder, ipvsadm):
    """Run 1, for revision 2, ended after its first step; its journal."""
    apply_table(TUTORIAL, state=folder)
    ipvsadm("-e -t 192.168.49.134:80 -r 192.168.1.103:80 -m -w 20")
    journal = Journal(run=1, revision=2, digest=EDITED.digest)
    folder.save(replace(folder.load(), revision=1, journal=journal))
    return journal


def test_own_interrupted_run_is_no_reason_to_refuse(folder, ipvsadm):
    journal = interrupted(folder, ipvsadm)
    outcome = apply_table(
        EDITED,
        state=folder,
        expected_digest=TUTORIAL.digest,
        journal=journal,
        revision=2,
    )
    assert outcome.state == "verified"
    assert folder.load().journal is None


def test_interrupted_run_of_the_same_revision_and_table_of_another_cluster_is(folder, ipvsadm):
    journal = interrupted(folder, ipvsadm)
    outcome = apply_table(
        EDITED,
        state=folder,
        expected_digest=TUTORIAL.digest,
        journal=journal._replace(run=9),
    )
    assert outcome.code == "moved"


def test_run_that_a_reboot_interrupted_does_not_excuse_what_others_did_since(folder, ipvsadm):
    apply_table(TUTORIAL, state=folder)
    stored = folder.load()
    journal = Journal(run=1, revision=2, digest=EDITED.digest)
    folder.save(State(1, stored.digest, stored.table, stored.owned, journal, "an-earlier-boot/1"))
    ipvsadm("-C")
    ipvsadm("-A -t 192.168.49.134:80 -s sed")
    before = ipvsadm("-Sn")
    outcome = apply_table(
        EDITED,
        state=folder,
        adopt=True,
        expected_digest=EMPTY.digest,
        journal=journal,
        revision=2,
    )
    assert (outcome.state, outcome.code) == ("failed", "moved")
    assert ipvsadm("-Sn") == before


def test_interrupted_run_of_another_revision_is(folder, ipvsadm):
    interrupted(folder, ipvsadm)
    outcome = apply_table(EDITED, state=folder, expected_digest=TUTORIAL.digest, revision=3)
    assert outcome.code == "moved"


def test_read_back_that_differs_is_partial_and_says_where(folder, ipvsadm):
    def meddle(result):
        if result.index == 2:
            ipvsadm("-e -t 192.168.49.134:80 -r 192.168.1.104:80 -m -w 9")

    outcome = apply_table(TUTORIAL, state=folder, on_step=meddle)
    assert (outcome.state, outcome.code) == ("partial", "differs")
    assert "192.168.1.104:80 of tcp 192.168.49.134:80 has weight 9 instead of 1" in outcome.error
    assert outcome.digest == owned_in_kernel(folder).digest
    assert folder.load().table is None
    assert folder.load().journal == Journal(0, 0, TUTORIAL.digest)


def test_refusal_stops_the_run_and_the_next_one_starts_from_what_is_there(unseen, folder, ipvsadm):
    wanted = table_of(with_servers(SERVERS[0]), marked(4, scheduler="twos"))
    outcome = apply_table(wanted, state=folder)
    assert (outcome.state, outcome.code) == ("partial", "refused")
    assert states(outcome) == ["done", "failed", "skipped"]
    assert "modprobe ip_vs_twos" in outcome.results[1].error
    assert folder.load().owned.services == {WEB.key}
    fixed = table_of(with_servers(SERVERS[0]), marked(4))
    again = apply_table(fixed, state=folder)
    assert again.state == "verified"
    assert len(again.steps) == 2


def test_what_was_to_be_taken_over_stays_anothers_when_nothing_was_written(unseen, folder, ipvsadm):
    ipvsadm("-A -f 5 -s rr")
    wanted = table_of(marked(4, scheduler="twos"), marked(5, scheduler="rr"))
    assert apply_table(wanted, state=folder, adopt=True).state == "failed"
    assert folder.load().owned.services == frozenset()
    assert apply_table(EMPTY, state=folder).state == "unchanged"
    assert ipvsadm("-Sn") == "-A -f 5 -s rr\n"


def test_refusal_of_everything_is_failed(unseen, folder, ipvsadm):
    outcome = apply_table(table_of(marked(4, scheduler="twos")), state=folder)
    assert (outcome.state, outcome.code) == ("failed", "refused")
    assert folder.load().owned.services == frozenset()
    assert folder.load().journal is None
