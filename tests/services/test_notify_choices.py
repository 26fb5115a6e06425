"""What people choose, and their addresses."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.accounts.errors import AccountError
from apps.accounts.models import User
from apps.accounts.services import grant_role, set_email
from apps.audit.models import AuditRecord
from apps.notify.audience import reach_of
from apps.notify.errors import NotifyError
from apps.notify.selectors import choices_of
from apps.notify.services import ask_test_mail, set_choices
from tests.factories import make_cluster, make_user
from tests.telling import reachable, with_mail

pytestmark = pytest.mark.django_db


def test_by_default_one_hears_of_reviews_only(viewer):
    assert reach_of(choices_of(viewer), "review_asked") == "all"
    assert reach_of(choices_of(viewer), "review_due") == "all"
    assert reach_of(choices_of(viewer), "applied") == "none"


def test_a_choice_is_stored_with_its_record(viewer, cluster):
    set_choices(
        actor=viewer, reach={"applied": "chosen", "review_asked": "none"}, clusters=[cluster]
    )
    choices = choices_of(User.objects.get(pk=viewer.pk))
    assert reach_of(choices, "applied") == "chosen"
    assert reach_of(choices, "review_due") == "all"
    act = AuditRecord.objects.get(action="mails.chosen")
    assert act.actor == viewer
    assert act.before == {"Applied": "none", "Review asked": "all", "clusters": []}
    assert act.after == {"Applied": "chosen", "Review asked": "none", "clusters": ["web"]}


def test_the_same_choice_again_is_no_act(viewer):
    set_choices(actor=viewer, reach={"applied": "none"})
    assert not AuditRecord.objects.filter(action="mails.chosen").exists()


def test_chosen_needs_a_cluster(viewer):
    with pytest.raises(NotifyError) as refused:
        set_choices(actor=viewer, reach={"applied": "chosen"})
    assert refused.value.field == "clusters"


@pytest.mark.parametrize("reach", [{"weather": "all"}, {"applied": "often"}])
def test_there_is_no_other_choice(viewer, reach):
    with pytest.raises(NotifyError):
        set_choices(actor=viewer, reach=reach)


def test_a_cluster_that_one_may_not_see_can_t_be_chosen(admin, cluster):
    stranger = User.objects.create(username="sam")
    grant_role(actor=admin, user=stranger, role="viewer", cluster_id=make_cluster().pk)
    stranger = User.objects.get(pk=stranger.pk)
    with pytest.raises(PermissionDenied):
        set_choices(actor=stranger, reach={"applied": "chosen"}, clusters=[cluster])


def test_an_address_is_stored_with_its_record(viewer):
    set_email(actor=viewer, email=" vera@EXAMPLE.net ")
    viewer.refresh_from_db()
    assert viewer.email == "vera@example.net"
    act = AuditRecord.objects.get(action="user.email_changed")
    assert (act.before, act.after) == ({"e-mail": ""}, {"e-mail": "vera@example.net"})
    set_email(actor=viewer, email="vera@example.net")
    assert AuditRecord.objects.filter(action="user.email_changed").count() == 1


@pytest.mark.parametrize(
    "email",
    ["vera", "vera@", "a@b.net\nBcc: c@d.net", "v" * 250 + "@example.net", "a@b.net, c@d.net"],
)
def test_what_is_no_address_is_refused(viewer, email):
    with pytest.raises(AccountError) as refused:
        set_email(actor=viewer, email=email)
    assert refused.value.field == "email"


def test_a_test_needs_a_mail_server_and_an_address(viewer, settings):
    with pytest.raises(NotifyError, match="not set up"):
        ask_test_mail(actor=viewer)
    with_mail(settings)
    with pytest.raises(NotifyError, match="address"):
        ask_test_mail(actor=viewer)
    ask_test_mail(actor=reachable(viewer))
    assert AuditRecord.objects.filter(action="mails.tested").count() == 1


def test_one_s_choice_counts_for_oneself_only(viewer):
    other = make_user("viewer")
    set_choices(actor=viewer, reach={"applied": "all"})
    assert reach_of(choices_of(other), "applied") == "none"
