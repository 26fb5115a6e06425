"""Noting which key the console signs with, for people and the audit log."""

from django.db import transaction

from apps.audit.services import record
from apps.trust.models import ConsoleKey
from apps.trust.signing import believed_keys
from lvs.agent.sealing import key_id, public_key_from_text


@transaction.atomic
def note_keys() -> bool:
    """Bring the notes up to the files; whether something was new. Raises SigningKeyError."""
    current, *announced = (key_id(public_key_from_text(text)) for text in believed_keys())
    state = ConsoleKey.State
    wanted = {current: state.CURRENT} | dict.fromkeys(announced, state.NEXT)
    before = dict(ConsoleKey.objects.select_for_update().values_list("key_id", "state"))
    after = dict.fromkeys(before, state.RETIRED) | wanted
    news = {name: value for name, value in after.items() if before.get(name) != value}
    for name, value in sorted(news.items()):
        key, _ = ConsoleKey.objects.update_or_create(key_id=name, defaults={"state": value})
        record(
            actor=None,
            action=f"console_key.{value}",
            obj=key,
            before={"state": before[name]} if name in before else None,
            after={"state": value},
        )
    return bool(news)
