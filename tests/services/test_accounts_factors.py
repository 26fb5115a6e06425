"""Second factors: adding, using once, removing, resetting."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from apps.accounts import services
from apps.accounts.errors import AccountError
from apps.accounts.models import User
from apps.audit.models import AuditRecord
from tests.factories import make_token
from tests.second_factors import SECRET, code_of, give_app, wrong_code
from tests.services.records import count, said

pytestmark = pytest.mark.django_db


def anew(user):
    """The user as a new request has them."""
    return User.objects.get(pk=user.pk)


def test_an_app_is_added_with_recovery_codes(viewer):
    codes = give_app(viewer)
    assert len(set(codes)) == 10
    assert all(len(code) == 10 and code.isdigit() for code in codes)
    assert anew(viewer).has_second_factor()
    added = said("user.factor_added")
    assert added == ("vera", "user vera", None, {"second factor": "authenticator app"}, "", None)
    assert said("user.recovery_codes_made")[3] == {"number": 10}


def test_no_secret_reaches_the_audit_log_or_lies_in_the_database_as_it_is(viewer):
    codes = give_app(viewer)
    services.use_code(actor=viewer, code=codes[0])
    log = " ".join(str(values) for values in AuditRecord.objects.values_list())
    stored = " ".join(str(data) for data in Authenticator.objects.values_list("data", flat=True))
    for secret in (SECRET, *codes):
        assert secret not in log
        assert secret not in stored


def test_a_wrong_code_adds_nothing(viewer):
    before = count()
    with pytest.raises(AccountError, match="not what the app shows") as refused:
        services.add_authenticator_app(actor=viewer, secret=SECRET, code=wrong_code())
    assert refused.value.field == "code"
    assert not anew(viewer).has_second_factor()
    assert count() == before


def test_a_second_app_is_refused(viewer):
    give_app(viewer)
    with pytest.raises(AccountError, match="already"):
        services.add_authenticator_app(actor=viewer, secret=SECRET, code=code_of())


def test_a_code_counts_once(viewer):
    give_app(viewer)
    code = code_of()
    assert services.use_code(actor=viewer, code=code).type == "totp"
    with pytest.raises(AccountError, match="used already"):
        services.use_code(actor=viewer, code=code)


def test_a_code_older_than_the_last_one_is_refused(viewer):
    give_app(viewer)
    earlier = code_of()
    services.use_code(actor=viewer, code=code_of(ahead=1))
    with pytest.raises(AccountError):
        services.use_code(actor=viewer, code=earlier)


def test_a_code_of_somebody_else_is_refused(viewer, operator):
    give_app(viewer)
    with pytest.raises(AccountError, match="wrong"):
        services.use_code(actor=operator, code=code_of())


def test_a_recovery_code_counts_once_with_or_without_its_space(viewer):
    codes = give_app(viewer)
    typed = f"{codes[3][:5]} {codes[3][5:]}"
    assert services.use_code(actor=viewer, code=typed).type == "recovery_codes"
    assert said("user.recovery_code_used")[3] == {"left": 9}
    with pytest.raises(AccountError):
        services.use_code(actor=viewer, code=codes[3])


def test_new_recovery_codes_void_the_old_ones(viewer):
    old = give_app(viewer)
    new = services.make_recovery_codes(actor=viewer)
    assert not set(old) & set(new)
    with pytest.raises(AccountError):
        services.use_code(actor=viewer, code=old[0])
    services.use_code(actor=viewer, code=new[0])


def test_recovery_codes_need_a_factor(viewer):
    with pytest.raises(AccountError, match="add one first"):
        services.make_recovery_codes(actor=viewer)


def test_under_another_secret_key_no_code_fits(viewer, settings):
    codes = give_app(viewer)
    settings.SECRET_KEY = "another-key-" * 5
    for code in (code_of(), codes[0]):
        with pytest.raises(AccountError):
            services.use_code(actor=viewer, code=code)


def test_a_key_that_was_replaced_still_reads_what_it_wrote(viewer, settings):
    give_app(viewer)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" * 5
    assert services.use_code(actor=viewer, code=code_of()).type == "totp"


def test_with_the_last_factor_go_the_recovery_codes(viewer):
    give_app(viewer)
    app = Authenticator.objects.get(user=viewer, type="totp")
    services.remove_factor(actor=viewer, number=app.pk)
    assert not Authenticator.objects.filter(user=viewer).exists()
    assert said("user.factor_removed")[2] == {"second factor": "authenticator app"}


def test_nobody_removes_a_factor_of_somebody_else(viewer, operator):
    give_app(viewer)
    app = Authenticator.objects.get(user=viewer, type="totp")
    with pytest.raises(Authenticator.DoesNotExist):
        services.remove_factor(actor=operator, number=app.pk)


def test_the_last_factor_stays_while_a_role_asks_for_one(viewer, admin):
    give_app(viewer)
    services.ask_second_factor(actor=admin, role="viewer", asked=True)
    app = Authenticator.objects.get(user=viewer, type="totp")
    with pytest.raises(AccountError, match="role viewer asks for a second factor"):
        services.remove_factor(actor=viewer, number=app.pk)
    assert anew(viewer).has_second_factor()


def test_an_administrator_resets_with_a_reason(viewer, admin):
    give_app(viewer)
    services.reset_second_factor(actor=admin, user=viewer, reason=" Phone lost, called back ")
    assert not Authenticator.objects.filter(user=viewer).exists()
    who, what, before, _, why, _ = said("user.second_factor_reset")
    assert (who, what, why) == ("anna", "user vera", "Phone lost, called back")
    assert {"second factor": "authenticator app"} in before["second factors"]
    assert said("user.sessions_ended")[1] == "user vera"


def test_a_reset_revokes_the_tokens(viewer, admin, operator):
    give_app(viewer)
    theirs, _ = make_token(viewer, name="deploy")
    other, _ = make_token(operator)
    services.reset_second_factor(actor=admin, user=viewer, reason="Phone lost")
    theirs.refresh_from_db()
    other.refresh_from_db()
    assert (theirs.state, other.state) == ("revoked", "valid")
    who, what, *_, why, _ = said("token.revoked")
    assert (who, what, why) == ("anna", "apitoken vera (token deploy)", "Phone lost")


def test_a_reset_needs_a_reason_a_factor_and_another_account(viewer, admin):
    with pytest.raises(AccountError, match="no second factor"):
        services.reset_second_factor(actor=admin, user=viewer, reason="lost")
    give_app(viewer)
    give_app(admin)
    with pytest.raises(AccountError, match="Say why"):
        services.reset_second_factor(actor=admin, user=viewer, reason="  ")
    with pytest.raises(AccountError, match="page “Account”"):
        services.reset_second_factor(actor=admin, user=admin, reason="lost")


def test_only_who_manages_people_resets(viewer, operator):
    give_app(viewer)
    with pytest.raises(PermissionDenied):
        services.reset_second_factor(actor=operator, user=viewer, reason="lost")
    assert anew(viewer).has_second_factor()


def test_the_console_s_host_resets_too(viewer, capsys):
    give_app(viewer)
    call_command("reset_second_factor", "vera", "--reason", "No administrator can sign in")
    assert not anew(viewer).has_second_factor()
    assert "vera has no second factor now" in capsys.readouterr().out
    who, _, _, _, why, _ = said("user.second_factor_reset")
    assert (who, why) == ("system", "No administrator can sign in")


def test_the_command_names_what_is_wrong(viewer):
    with pytest.raises(CommandError, match="no account nobody"):
        call_command("reset_second_factor", "nobody", "--reason", "x")
    with pytest.raises(CommandError, match="no second factor"):
        call_command("reset_second_factor", "vera", "--reason", "x")
