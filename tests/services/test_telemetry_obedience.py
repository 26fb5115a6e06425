"""Who refuses every order, because it does not believe the key that the console signs with."""

import pytest

from apps.inventory.models import Director
from apps.telemetry.models import DirectorStatus
from apps.telemetry.selectors import FOR_PRESENCE, disobeying
from apps.trust.services import revoke_director
from apps.trust.signing import (
    announce_next_key,
    create_signing_key,
    current_key_id,
    use_next_key,
)
from tests.factories import make_user
from tests.identities import enrolled

pytestmark = pytest.mark.django_db


@pytest.fixture
def director():
    return enrolled(name="d1")


@pytest.fixture(autouse=True)
def key_file(settings, tmp_path):
    settings.SIGNING_KEY_FILE = tmp_path / "signing.key"
    return settings.SIGNING_KEY_FILE


@pytest.fixture
def key():
    create_signing_key()


def anew(director):
    return Director.objects.select_related(*FOR_PRESENCE).get(pk=director.pk)


def believes(director, *keys):
    DirectorStatus.objects.update_or_create(director=director, defaults={"console_keys": [*keys]})
    return disobeying([anew(director)]) == {director.pk}


def test_who_believes_the_key_that_signs_obeys(director, key):
    assert not believes(director, current_key_id())
    assert not believes(director, "another", current_key_id())


def test_who_believes_other_keys_alone_disobeys(director, key):
    assert believes(director, "another")


def test_who_has_not_said_whom_it_believes_may_obey(director, key):
    assert not believes(director)


def test_who_missed_a_change_of_keys_disobeys_at_once(director, key):
    before = current_key_id()
    announce_next_key()
    assert not believes(director, before)
    use_next_key()
    assert believes(director, before)


def test_without_a_key_nobody_is_said_to_disobey(director):
    assert not believes(director, "another")


def test_who_is_cut_off_does_not_disobey(director, key):
    assert believes(director, "another")
    revoke_director(actor=make_user("admin"), director=director, reason="stolen")
    assert not disobeying([anew(director)])


def test_a_damaged_key_file_says_nothing_of_directors(director, key, key_file):
    key_file.with_name(key_file.name + ".pub").write_text("damaged")
    assert not believes(director, "another")
