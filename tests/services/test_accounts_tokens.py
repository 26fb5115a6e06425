"""Tokens of the API: who gets which, what they may do, and for how long."""

import hashlib
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from apps.accounts.errors import AccountError
from apps.accounts.models import ApiToken, RoleSetting, User
from apps.accounts.policy import can, scope_of
from apps.accounts.selectors import somebody_with, token, tokens_of
from apps.accounts.services import (
    note_token,
    revoke_role,
    revoke_token,
    set_active,
)
from apps.audit.filters import AuditFilter
from apps.audit.models import AuditRecord
from apps.changes.services import open_draft
from tests.factories import make_cluster, make_token, make_user, make_user_of
from tests.services.records import said

pytestmark = pytest.mark.django_db


def in_days(days):
    return timezone.now() + timedelta(days=days)


def program(owner, *args, **kwargs):
    """The owner as the API gets them by a new token."""
    return somebody_with(make_token(owner, *args, **{"name": "deploy"} | kwargs)[1])


def test_only_a_hash_of_the_token_is_stored_and_no_record_holds_it():
    made, text = make_token(make_user("operator", "olga"), "operator")
    stored = ApiToken.objects.filter(pk=made.pk).values().get()
    assert stored["digest"] == hashlib.sha256(text.encode()).hexdigest()
    secret = text.rpartition(made.prefix)[2]
    assert len(secret) >= 43
    rows = [stored, *AuditRecord.objects.values()]
    assert not any(secret in str(row) or made.digest in str(row) for row in rows[1:])
    assert secret not in str(stored)


def test_making_and_revoking_are_recorded():
    olga, cluster = make_user("operator", "olga"), make_cluster("web")
    made, _ = make_token(olga, "operator", cluster, name="deploy")
    who, name, was, now, *_ = said("token.created")
    assert (who, name, was) == ("olga", "apitoken olga (token deploy)", None)
    assert (now["name"], now["role"], now["prefix"]) == ("deploy", "operator in web", made.prefix)
    revoke_token(actor=olga, token=made)
    assert said("token.revoked")[2]["role"] == "operator in web"
    assert AuditRecord.objects.get(action="token.revoked").cluster_number == cluster.pk


def test_a_token_may_do_what_its_role_may_where_it_is_for():
    web, mail = make_cluster("web"), make_cluster("mail")
    olga = program(make_user("operator"), "operator", web)
    assert can(olga, "change.edit", web)
    assert not can(olga, "change.edit", mail)
    assert not can(olga, "view", mail)
    assert not can(olga, "cluster.create")


def test_a_token_may_do_no_more_than_its_role():
    anna = program(make_user("admin"), "viewer")
    assert can(anna, "view")
    assert not can(anna, "people.manage")
    assert not can(anna, "change.edit")


def test_a_token_for_everywhere_reaches_as_far_as_its_owner_does_now():
    web, mail = make_cluster("web"), make_cluster("mail")
    owner = make_user("operator", "olga")
    _, text = make_token(owner, "operator")
    assert scope_of(somebody_with(text), "change.edit").everywhere
    revoke_role(actor=None, grant=owner.grants.get())
    assert not scope_of(somebody_with(text), "view")
    owner_of_web = make_user_of(web, "operator")
    _, text = make_token(owner_of_web, "operator", web)
    assert can(somebody_with(text), "change.edit", web)
    assert not can(somebody_with(text), "change.edit", mail)


def test_the_token_of_who_lacks_a_second_factor_that_is_asked_for_may_nothing():
    olga = make_user("operator", "olga")
    _, text = make_token(olga, "operator")
    RoleSetting.objects.create(role="operator", second_factor=True)
    assert not scope_of(somebody_with(text), "view")


def test_a_token_for_more_than_one_may_oneself_is_refused():
    web = make_cluster("web")
    for owner, role, cluster in (
        (make_user("viewer"), "operator", None),
        (make_user("operator"), "admin", None),
        (make_user("admin"), "emergency", None),
        (make_user_of(web, "operator"), "operator", None),
        (make_user_of(web, "operator"), "viewer", make_cluster()),
    ):
        with pytest.raises(AccountError, match="You may not do all") as refused:
            make_token(owner, role, cluster)
        assert refused.value.field == "role"
    assert not ApiToken.objects.exists()


def test_an_administrator_makes_tokens_of_each_role_that_theirs_holds():
    anna = make_user("admin")
    for role in ("viewer", "operator", "approver", "auditor", "admin"):
        make_token(anna, role, name=role)
    assert anna.api_tokens.count() == 5


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_token_ends_within_a_year(days):
    with pytest.raises(AccountError) as refused:
        make_token(make_user("viewer"), days=days)
    assert refused.value.field == "expires_at"


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "a\x00b", "a\u202eb"])
def test_a_token_needs_a_name_that_can_be_read(name):
    with pytest.raises(AccountError) as refused:
        make_token(make_user("viewer"), name=name)
    assert refused.value.field == "name"


def test_a_name_is_free_again_when_its_token_is_revoked():
    olga = make_user("viewer")
    first, _ = make_token(olga, name="deploy")
    with pytest.raises(AccountError, match="already") as refused:
        make_token(olga, name="deploy")
    assert refused.value.field == "name"
    make_token(make_user("viewer"), name="deploy")
    revoke_token(actor=olga, token=first)
    make_token(olga, name="deploy")


def test_an_expired_a_revoked_and_a_wrong_token_open_nothing():
    olga = make_user("viewer")
    made, text = make_token(olga)
    assert somebody_with(text) == olga
    wrong = text[:-1] + ("A" if text[-1] != "A" else "B")
    for other in (wrong, "", "lvs_", text + "x", text.upper(), f"lvs_{'0' * 12}_{'a' * 43}"):
        assert somebody_with(other) is None
    ApiToken.objects.update(created_at=in_days(-2), expires_at=in_days(-1))
    assert somebody_with(text) is None
    ApiToken.objects.update(expires_at=in_days(1))
    assert somebody_with(text) == olga
    revoke_token(actor=olga, token=made)
    assert somebody_with(text) is None


def test_the_token_of_who_is_switched_off_opens_nothing():
    anna, olga = make_user("admin"), make_user("operator")
    _, text = make_token(olga)
    set_active(actor=anna, user=olga, active=False)
    assert somebody_with(text) is None


def test_a_token_makes_no_tokens():
    with pytest.raises(AccountError, match="can't make tokens"):
        make_token(program(make_user("admin"), "admin"), name="another")


def test_what_a_token_does_is_recorded_under_its_owners_name_and_its_own():
    olga = make_user("operator", "olga")
    open_draft(actor=program(olga, "operator"), cluster=make_cluster("web"), title="By a program")
    record = AuditRecord.objects.get(action="change.opened")
    assert (record.actor, record.actor_name) == (olga, "olga (token deploy)")


def test_the_log_of_a_person_holds_what_their_tokens_did():
    olga = make_user("operator", "olga")
    make_user("operator", "olga2")
    cluster = make_cluster("web")
    open_draft(actor=program(olga, "operator"), cluster=cluster, title="By a program")
    chosen = AuditFilter({"actor": "Olga"}, queryset=AuditRecord.objects.all())
    assert {record.action for record in chosen.qs} == {"token.created", "change.opened"}


def test_administrators_see_and_revoke_the_tokens_of_others_where_they_manage_people():
    web, mail = make_cluster("web"), make_cluster("mail")
    olga = make_user("operator", "olga")
    made = [
        make_token(olga, cluster=c, name=n)[0] for c, n in ((web, "w"), (mail, "m"), (None, "e"))
    ]
    chief = make_user_of(web, "admin")
    assert [t.name for t in tokens_of(chief, olga)] == ["w"]
    assert [t.name for t in tokens_of(make_user("admin"), olga)] == ["e", "m", "w"]
    with pytest.raises(ApiToken.DoesNotExist):
        token(chief, olga, made[1].pk)
    with pytest.raises(PermissionDenied):
        revoke_token(actor=chief, token=made[1])
    with pytest.raises(PermissionDenied):
        tokens_of(make_user("operator"), olga)
    with pytest.raises(PermissionDenied):
        revoke_token(actor=make_user("operator"), token=made[0])
    assert revoke_token(actor=chief, token=made[0]).state == "revoked"


def test_revoking_twice_is_one_act():
    olga = make_user("viewer")
    made, _ = make_token(olga)
    first = revoke_token(actor=olga, token=made)
    assert revoke_token(actor=olga, token=made).revoked_at == first.revoked_at
    assert AuditRecord.objects.filter(action="token.revoked").count() == 1


def test_use_is_noted_once_a_minute():
    olga = make_user("viewer")
    made, _ = make_token(olga)
    note_token(actor=olga, token=made)
    made.refresh_from_db()
    first = made.last_used_at
    assert first is not None
    note_token(actor=olga, token=made)
    made.refresh_from_db()
    assert made.last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    made.refresh_from_db()
    note_token(actor=olga, token=made)
    made.refresh_from_db()
    assert made.last_used_at >= first


def test_the_rights_of_the_person_themself_are_not_narrowed():
    anna = make_user("admin")
    make_token(anna, "viewer")
    assert can(User.objects.get(pk=anna.pk), "people.manage")
