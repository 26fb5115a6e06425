"""The signing key: made once, and changed while directors go on believing."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from apps.audit.models import AuditRecord
from apps.inventory.models import Cluster, Director
from apps.jobs.management.commands import signing_key as command
from apps.telemetry.models import DirectorStatus
from apps.trust import signing
from apps.trust.models import ConsoleKey, Invitation
from apps.trust.signing import (
    SigningKeyError,
    announce_next_key,
    believed_keys,
    create_signing_key,
    next_key,
    public_key_text,
    published_keys,
    signing_key,
    use_next_key,
)
from lvs.agent.invitation import Invitation as Code
from lvs.agent.sealing import key_id, public_key_from_text, public_key_to_text
from tests.factories import make_director
from tests.identities import store_heartbeat
from tests.lvs.test_streams import REPORTS


def test_the_key_is_made_once(key_file):
    assert create_signing_key()
    first = key_file.read_bytes()
    assert not create_signing_key()
    assert key_file.read_bytes() == first
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in key_file.parent.iterdir()) == [
        "signing.key",
        "signing.key.pub",
    ]


def test_the_public_half_is_enough_to_enrol(key_file):
    create_signing_key()
    wanted = public_key_to_text(signing_key().public_key())
    key_file.unlink()
    assert public_key_text() == wanted


def test_without_a_key_the_message_says_what_to_do(key_file):
    with pytest.raises(SigningKeyError, match=r"manage\.py signing_key"):
        public_key_text()


def test_something_else_than_a_key_is_named(key_file):
    key_file.parent.mkdir()
    key_file.write_text("not a key")
    with pytest.raises(SigningKeyError, match="no PEM private key"):
        signing_key()


@pytest.mark.django_db
def test_the_command_prints_the_public_key(key_file, capsys):
    call_command("signing_key")
    printed = capsys.readouterr().out.strip()
    assert public_key_from_text(printed).public_bytes_raw() == (
        signing_key().public_key().public_bytes_raw()
    )


def id_of(text):
    return key_id(public_key_from_text(text))


def test_a_key_that_is_announced_signs_nothing_yet(key_file):
    create_signing_key()
    before = public_key_text()
    assert announce_next_key()
    assert not announce_next_key()
    assert public_key_text() == before
    assert believed_keys() == [before, public_key_to_text(next_key().public_key())]
    assert key_file.with_name("signing.key.next").stat().st_mode & 0o777 == 0o600


def test_the_announced_key_takes_over_and_the_old_one_is_published_still(key_file):
    create_signing_key()
    announce_next_key()
    old, new = believed_keys()
    use_next_key()
    assert believed_keys() == [new]
    assert published_keys() == [new, old]  # seals of the audit log stay verifiable
    assert next_key() is None


def test_nothing_takes_over_that_was_not_announced(key_file):
    create_signing_key()
    before = public_key_text()
    with pytest.raises(SigningKeyError, match="--announce"):
        use_next_key()
    assert public_key_text() == before


def test_killed_between_key_and_publication_the_next_call_publishes(key_file):
    create_signing_key()
    announce_next_key()
    old, new = believed_keys()
    key_file.with_name("signing.key.next").replace(key_file)
    create_signing_key()
    assert published_keys() == [new, old]


@pytest.mark.parametrize("late", [False, True])
def test_keys_are_announced_with_the_one_that_signs(key_file, monkeypatch, late):
    """Another process puts the announced key in its place before, or as soon as, this one has read it."""
    create_signing_key()
    announce_next_key()
    real = signing.next_key

    def next_key_meanwhile():
        monkeypatch.setattr(signing, "next_key", real)
        found = real()
        use_next_key()
        return found if late else real()

    monkeypatch.setattr(signing, "next_key", next_key_meanwhile)
    key, believed = signing.signer()
    assert believed == [public_key_to_text(key.public_key())] == published_keys()[:1]


def believes(director, *keys):
    message = REPORTS["heartbeat"] | {
        "director": str(director.uuid),
        "console_keys": [id_of(key) for key in keys],
        "session": "a life",
        "number": next(numbers),
    }
    store_heartbeat(director=director, message=message)


numbers = iter(range(1, 1000))


@pytest.mark.django_db
def test_a_change_of_keys_waits_for_every_director_and_is_recorded(key_file, capsys):
    call_command("signing_key")
    director = make_director("lb1")
    call_command("signing_key", "--announce")
    old, new = believed_keys()
    believes(director, old)
    with pytest.raises(CommandError, match="enrol them anew"):
        call_command("signing_key", "--finish")
    assert "lb1" in capsys.readouterr().err
    assert public_key_text() == old
    believes(director, old, new)
    call_command("signing_key", "--finish")
    assert public_key_text() == new
    assert dict(ConsoleKey.objects.values_list("key_id", "state")) == {
        id_of(old): "retired",
        id_of(new): "current",
    }
    after = [("console_key.current", id_of(new)), ("console_key.retired", id_of(old))]
    acts = AuditRecord.objects.filter(action__startswith="console_key.").order_by("pk")
    assert [(act.action, act.object_name) for act in acts] == [
        ("console_key.current", id_of(old)),
        ("console_key.next", id_of(new)),
        *sorted(after, key=lambda act: act[1]),
    ]


@pytest.mark.django_db
def test_a_change_of_keys_can_be_forced(key_file, capsys):
    call_command("signing_key")
    make_director("lb1")
    call_command("signing_key", "--announce")
    call_command("signing_key", "--finish", "--force")
    assert len(believed_keys()) == 1
    assert "These obey nobody until they are enrolled anew: lb1\n" in capsys.readouterr().err


@pytest.mark.django_db
def test_a_host_is_invited_by_command(key_file, tmp_path):
    create_signing_key()
    Cluster.objects.create(name="web")
    file = tmp_path / "code"
    call_command("enrol_director", "d1", "--cluster", "web", "--output", str(file))
    director = Director.objects.get(name="d1")
    assert director.cluster.name == "web"
    code = Code.from_code(file.read_text())
    assert (code.director, code.console_key) == (str(director.uuid), public_key_text())
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
def test_a_second_invitation_takes_the_place_of_the_first(key_file, capsys):
    create_signing_key()
    call_command("enrol_director", "d1")
    first = capsys.readouterr().out
    call_command("enrol_director", "d1")
    assert capsys.readouterr().out != first
    assert Director.objects.count() == Invitation.objects.count() == 1


@pytest.mark.django_db
def test_what_to_do_with_the_code_stands_beside_it(key_file, capsys):
    create_signing_key()
    call_command("enrol_director", "d1")
    told = capsys.readouterr()
    assert Code.from_code(told.out)
    assert "python -m lvs.agent enrol CODE" in told.err


@pytest.mark.django_db
def test_when_all_know_the_next_key_it_says_to_go_on(key_file, capsys):
    call_command("signing_key")
    director = make_director("d1")
    call_command("signing_key", "--announce")
    assert "don't know it yet: d1" in capsys.readouterr().err
    known = [key_id(next_key().public_key())]
    DirectorStatus.objects.filter(director=director).update(console_keys=known)
    call_command("signing_key", "--announce")
    assert "go on with --finish" in capsys.readouterr().err


@pytest.mark.django_db
def test_an_unknown_cluster_is_named_and_nothing_is_added(key_file):
    create_signing_key()
    with pytest.raises(CommandError, match="no cluster “nowhere”"):
        call_command("enrol_director", "d1", "--cluster", "nowhere")
    assert not Director.objects.exists()


@pytest.mark.django_db
def test_without_a_signing_key_nobody_is_invited(key_file):
    with pytest.raises(CommandError, match="signing_key"):
        call_command("enrol_director", "d1")
    assert not Director.objects.exists()


@pytest.mark.django_db
def test_who_is_enrolled_already_is_not_invited_once_more(key_file, tmp_path):
    create_signing_key()
    make_director("d1")
    call_command("enrol_director", "d1", "--unless-enrolled", "--output", str(tmp_path / "code"))
    assert not (tmp_path / "code").exists()
    assert not Invitation.objects.exists()


@pytest.mark.django_db
def test_invitations_that_name_the_old_key_end_with_it(key_file, capsys):
    call_command("signing_key")
    call_command("enrol_director", "d1")
    call_command("signing_key", "--announce")
    capsys.readouterr()
    call_command("signing_key", "--finish")
    assert not Invitation.objects.exists()
    assert AuditRecord.objects.filter(action="director.invitation_withdrawn").count() == 1
    said = "1 invitation was withdrawn, with the old key in it. Invite anew: d1"
    assert said in capsys.readouterr().err


@pytest.mark.django_db
def test_an_invitation_that_is_over_is_not_told_as_withdrawn(key_file, capsys):
    call_command("signing_key")
    for name in ("d1", "d2", "d3"):
        call_command("enrol_director", name)
    over = Invitation.objects.filter(director__name="d2")
    over.update(expires_at=timezone.now() - timedelta(minutes=1))
    call_command("signing_key", "--announce")
    capsys.readouterr()
    call_command("signing_key", "--finish")
    assert "2 invitations were withdrawn" in (said := capsys.readouterr().err)
    assert "Invite anew: d1, d3\n" in said


@pytest.mark.django_db
def test_a_key_that_cant_take_over_leaves_the_invitations(key_file, monkeypatch):
    call_command("signing_key")
    call_command("enrol_director", "d1")
    with pytest.raises(CommandError, match="--announce"):
        call_command("signing_key", "--finish")
    assert Invitation.objects.count() == 1


@pytest.mark.django_db
def test_a_database_that_fails_leaves_the_keys_as_they_were(key_file, monkeypatch):
    call_command("signing_key")
    call_command("signing_key", "--announce")
    before = believed_keys()

    def away(**options):
        raise OperationalError("away")

    monkeypatch.setattr(command, "withdraw_invitations", away)
    with pytest.raises(OperationalError):
        call_command("signing_key", "--finish")
    assert believed_keys() == before


@pytest.mark.parametrize("act", [[], ["--announce"]])
def test_no_key_is_made_while_the_database_is_away(key_file, monkeypatch, act):
    create_signing_key()
    if not act:
        key_file.unlink()
    before = sorted(key_file.parent.iterdir())

    def away(self):
        raise OperationalError("away")

    monkeypatch.setattr("django.db.models.query.QuerySet.exists", away)
    with pytest.raises(OperationalError):
        call_command("signing_key", *act)
    assert sorted(key_file.parent.iterdir()) == before


@pytest.mark.django_db
def test_a_next_key_that_was_not_noted_is_noted_by_the_command_again(key_file, capsys):
    call_command("signing_key")
    announce_next_key()  # and the command ended before it noted it
    call_command("signing_key", "--announce")
    assert "There is a next key already." in capsys.readouterr().err
    assert ConsoleKey.objects.filter(state="next").count() == 1


@pytest.mark.django_db
def test_force_alone_is_refused(key_file):
    with pytest.raises(CommandError, match="--force goes with --finish"):
        call_command("signing_key", "--force")
