"""Accounts of people who come by single sign-on, and the roles that their groups give."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import PermissionDenied

from apps.accounts import services
from apps.accounts.errors import AccountError
from apps.accounts.models import User
from apps.accounts.selectors import roles_of
from tests.services.records import count, said

pytestmark = pytest.mark.django_db

ISSUER = "https://id.example.net"


@pytest.fixture(autouse=True)
def provider(settings):
    settings.OIDC_ISSUER = ISSUER


def come(subject="s-1", username="nils", full_name="Nils Ahl", groups=("ops",)):
    return services.sign_on(subject=subject, username=username, full_name=full_name, groups=groups)


@pytest.fixture
def ops(admin, cluster):
    """Group ops: operator in web, viewer everywhere."""
    services.add_mapping(actor=admin, group="ops", role="operator", cluster_id=cluster.pk)
    services.add_mapping(actor=admin, group="ops", role="viewer")


def test_an_account_is_made_at_the_first_sign_in(ops):
    nils = come()
    assert (nils.username, nils.get_full_name()) == ("nils", "Nils Ahl")
    assert not nils.has_usable_password()
    assert roles_of(nils) == ["viewer everywhere", "operator in web"]
    created = said("user.created")
    assert created[0] == "single sign-on"
    assert created[3]["subject"] == "s-1"
    assert said("user.role_given")[3]["source"] == "from single sign-on"


def test_the_same_subject_is_the_same_account_under_any_name(ops):
    first = come()
    again = come(username="nils.ahl")
    assert (again.pk, again.username) == (first.pk, "nils")


def test_without_a_group_that_gives_a_role_no_account_is_made(ops):
    before = count()
    with pytest.raises(AccountError, match="None of your groups"):
        come(groups=("sales",))
    assert not User.objects.filter(username="nils").exists()
    assert count() == before


@pytest.mark.parametrize("name", ["vera", "VERA"])
def test_a_name_that_somebody_has_here_opens_nobodys_account(name, ops, viewer):
    with pytest.raises(AccountError, match="an administrator can link it"):
        come(username=name)
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("name", ["", "nils ahl", "x" * 151])
def test_a_name_that_is_none_is_said(name, ops):
    with pytest.raises(AccountError, match="No account could be made"):
        come(username=name)


def test_roles_follow_the_groups_and_those_given_by_hand_stay(ops, admin, cluster):
    nils = come()
    services.grant_role(actor=admin, user=nils, role="auditor")
    services.add_mapping(actor=admin, group="leads", role="approver")
    come(groups=("leads",))
    assert roles_of(User.objects.get(pk=nils.pk)) == ["auditor everywhere", "approver everywhere"]
    assert said("user.role_taken")[2]["source"] == "from single sign-on"


def test_who_is_in_no_group_any_more_loses_the_roles(ops):
    nils = come()
    assert come(groups=()).held_roles == ()
    assert not User.objects.get(pk=nils.pk).grants.exists()


def test_nothing_changes_nothing_is_recorded(ops):
    come()
    before = count()
    come()
    assert count() == before


def test_a_subject_of_another_issuer_is_somebody_else(ops, settings):
    nils = come()
    settings.OIDC_ISSUER = "https://other.example.net"
    with pytest.raises(AccountError, match="an administrator can link it"):
        come()
    assert come(username="other").pk != nils.pk


def test_the_last_administrator_keeps_the_role(admin):
    services.add_mapping(actor=admin, group="root", role="admin")
    come(groups=("root",))
    services.revoke_role(actor=admin, grant=admin.grants.get())
    with pytest.raises(AccountError, match="last administrator"):
        come(groups=())


def test_an_administrator_links_an_account(ops, admin, viewer):
    services.link_account(actor=admin, user=viewer, subject=" s-9 ")
    assert said("user.sign_on_linked")[3] == {"issuer": ISSUER, "subject": "s-9"}
    assert come(subject="s-9", username="whoever").pk == viewer.pk
    assert ("viewer", None) in User.objects.get(pk=viewer.pk).held_roles


def test_unlinking_takes_what_came_from_there(ops, admin, viewer):
    services.link_account(actor=admin, user=viewer, subject="s-9")
    come(subject="s-9")
    services.unlink_account(actor=admin, user=viewer)
    assert roles_of(User.objects.get(pk=viewer.pk)) == ["viewer everywhere"]
    assert said("user.sign_on_unlinked")[2] == {"issuer": ISSUER, "subject": "s-9"}
    with pytest.raises(AccountError):
        come(subject="s-9", username="vera")


def test_a_link_is_one_to_one(ops, admin, viewer, operator):
    services.link_account(actor=admin, user=viewer, subject="s-9")
    with pytest.raises(AccountError, match="belongs to vera"):
        services.link_account(actor=admin, user=operator, subject="s-9")
    with pytest.raises(AccountError, match="linked already"):
        services.link_account(actor=admin, user=viewer, subject="s-10")


def test_a_link_needs_a_subject_and_a_provider(admin, viewer, settings):
    for subject in ("", "s" * 192):
        with pytest.raises(AccountError, match="Give the subject"):
            services.link_account(actor=admin, user=viewer, subject=subject)
    settings.OIDC_ISSUER = ""
    with pytest.raises(AccountError, match="no single sign-on"):
        services.link_account(actor=admin, user=viewer, subject="s")


def test_only_administrators_link(operator, viewer):
    with pytest.raises(PermissionDenied):
        services.link_account(actor=operator, user=viewer, subject="s-9")
    with pytest.raises(PermissionDenied):
        services.unlink_account(actor=operator, user=viewer)


@pytest.mark.parametrize(
    ("trusts", "password", "has"),
    [(False, False, False), (True, False, True), (True, True, False)],
)
def test_the_providers_second_factor_counts_where_it_is_trusted_and_the_only_way(
    ops, admin, settings, trusts, password, has
):
    settings.OIDC_TRUSTS_SECOND_FACTOR = trusts
    nils = come()
    if password:
        services.set_password(actor=admin, user=nils, password="long-enough-to-pass")
        nils.refresh_from_db()
    assert nils.has_second_factor() is has
