"""Codes and arrivals at the same time, in real transactions."""

import pytest
from allauth.mfa.models import Authenticator
from django.test import RequestFactory

from apps.accounts import second_factor, services
from apps.accounts.errors import AccountError
from apps.accounts.models import RoleGrant, User
from tests.factories import make_user
from tests.second_factors import code_of, give_app, wrong_code
from tests.services.parallel import at_once, refusals

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_code_that_comes_twice_at_once_counts_once():
    vera = make_user("viewer", "vera")
    recovery = give_app(vera)[0]
    for code in (code_of(), recovery):
        outcomes = at_once(
            User.objects.filter(pk=vera.pk),
            *[lambda code=code: services.use_code(actor=vera, code=code)] * 4,
        )
        refused = refusals(outcomes)
        assert len(refused) == 3
        assert all(isinstance(error, AccountError) for error in refused)


def test_somebody_who_comes_twice_at_once_has_one_account(settings):
    settings.OIDC_ISSUER = "https://id.example.net"
    admin = make_user("admin")
    services.add_mapping(actor=admin, group="ops", role="operator")

    def come():
        return services.sign_on(subject="s", username="nils", full_name="", groups=("ops",)).pk

    outcomes = at_once(RoleGrant.objects.filter(user=admin), come, come, come)
    assert len(set(outcomes)) == 1, outcomes
    assert User.objects.get(username="nils").grants.count() == 1


def test_many_codes_at_once_are_not_more_tries(settings, monkeypatch):
    settings.AXES_FAILURE_LIMIT = 3
    vera = make_user("viewer", "vera")
    give_app(vera)
    tried = []
    use = services.use_code
    monkeypatch.setattr(services, "use_code", lambda **it: tried.append(1) or use(**it))

    def guess():
        request = RequestFactory().post("/sign-in/second-factor/", REMOTE_ADDR="192.0.2.1")
        request.session = {}
        second_factor.accept(request, vera, code=wrong_code())

    outcomes = at_once(User.objects.filter(pk=vera.pk), *[guess] * 8)
    assert all(isinstance(outcome, AccountError) for outcome in outcomes), outcomes
    assert len(tried) == 3


def test_the_last_two_factors_removed_at_once_leave_what_the_role_asks_for():
    admin, vera = make_user("admin"), make_user("viewer", "vera")
    give_app(vera)
    services.ask_second_factor(actor=admin, role="viewer", asked=True)
    numbers = [
        Authenticator.objects.get(user=vera, type="totp").pk,
        Authenticator.objects.create(user=vera, type="webauthn", data={"name": "blue"}).pk,
    ]
    outcomes = at_once(
        User.objects.filter(pk=vera.pk),
        *[lambda n=n: services.remove_factor(actor=vera, number=n) for n in numbers],
    )
    assert len(refusals(outcomes)) == 1
    assert User.objects.get(pk=vera.pk).has_second_factor()
