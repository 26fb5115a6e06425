"""The signing key and the configuration of an agent."""

import tomllib

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from apps.inventory.models import Cluster, Director
from apps.jobs.enrolment import agent_config
from apps.jobs.signing import SigningKeyError, create_signing_key, public_key_text, signing_key
from lvs.agent.sealing import public_key_from_text, public_key_to_text


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "keys" / "signing.key"
    with override_settings(SIGNING_KEY_FILE=path):
        yield path


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


def test_the_command_prints_the_public_key(key_file, capsys):
    call_command("signing_key")
    printed = capsys.readouterr().out.strip()
    assert public_key_from_text(printed).public_bytes_raw() == (
        signing_key().public_key().public_bytes_raw()
    )


@override_settings(DIRECTOR_REDIS_URL='redis://u:"p\\w"@redis:6379/0')
def test_the_configuration_is_toml_that_the_agent_reads(key_file):
    create_signing_key()
    director = Director(name="d1")
    config = tomllib.loads(agent_config(director))
    assert config == {
        "director": str(director.uuid),
        "name": "d1",
        "redis_url": 'redis://u:"p\\w"@redis:6379/0',
        "console_key": public_key_text(),
        "state_dir": "/var/lib/lvsconsole",
        "sample_interval": 1.0,
    }


@pytest.mark.django_db
def test_a_director_is_enrolled_by_command(key_file, tmp_path, capsys):
    create_signing_key()
    Cluster.objects.create(name="web")
    file = tmp_path / "agent.toml"
    call_command("enrol_director", "d1", "--cluster", "web", "--output", str(file))
    director = Director.objects.get(name="d1")
    assert director.cluster.name == "web"
    assert tomllib.loads(file.read_text())["director"] == str(director.uuid)
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
def test_enrolling_the_same_name_again_prints_its_configuration_again(key_file, capsys):
    create_signing_key()
    call_command("enrol_director", "d1")
    first = capsys.readouterr().out
    call_command("enrol_director", "d1")
    assert capsys.readouterr().out == first
    assert Director.objects.count() == 1


@pytest.mark.django_db
def test_an_unknown_cluster_is_named_and_nothing_is_enrolled(key_file):
    create_signing_key()
    with pytest.raises(CommandError, match="no cluster “nowhere”"):
        call_command("enrol_director", "d1", "--cluster", "nowhere")
    assert not Director.objects.exists()


@pytest.mark.django_db
def test_without_a_signing_key_nothing_is_enrolled(key_file):
    with pytest.raises(CommandError, match="signing_key"):
        call_command("enrol_director", "d1")
    assert not Director.objects.exists()
