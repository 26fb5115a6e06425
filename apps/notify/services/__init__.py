"""Everything that writes choices, webhooks, events and their deliveries."""

from apps.notify.services.choices import ask_test_mail, set_choices
from apps.notify.services.deliver import deliver_due
from apps.notify.services.hooks import (
    ask_test_call,
    create_webhook,
    edit_webhook,
    remove_webhook,
    renew_secret,
)
from apps.notify.services.queue import forget_old, queue_event

__all__ = [
    "ask_test_call",
    "ask_test_mail",
    "create_webhook",
    "deliver_due",
    "edit_webhook",
    "forget_old",
    "queue_event",
    "remove_webhook",
    "renew_secret",
    "set_choices",
]
