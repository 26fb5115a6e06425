"""An e-mail to one person: plain text, the facts first."""

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from apps.accounts.addresses import can_be_sent_to
from apps.accounts.models import User
from apps.notify.events import SAYS
from apps.notify.failed import Failed
from apps.notify.links import link, link_to
from apps.notify.models import Event


def send_mail(event: Event, user: User) -> None:
    """Hand it to the mail server. Raises Failed."""
    if not can_be_sent_to(user.email):
        raise Failed("No mail server can be asked for this address.", final=True, alone=True)
    connection = get_connection()
    message = EmailMessage(
        subject=subject_of(event),
        body=text_of(event),
        to=[user.email],
        headers={
            "Message-ID": f"<{event.uuid}.{user.pk}@{_domain()}>",
            "Auto-Submitted": "auto-generated",
        },
        connection=connection,
    )
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        words = f"The mail server refused the address: {code} {_words(said)}"
        raise Failed(words, final=code >= 500, alone=True) from None
    except smtplib.SMTPResponseException as error:
        raise Failed(
            f"The mail server says: {error.smtp_code} {_words(error.smtp_error)}"
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        why = str(error) or type(error).__name__
        raise Failed(f"The mail server can't be reached: {why}") from None
    except UnicodeError as error:  # user and password go as ASCII
        raise Failed(f"The mail server can't be told what it needs: {error}") from None


def subject_of(event: Event) -> str:
    """`[LVS Console] web: Review asked: #12 Balance the web`."""
    facts = event.facts
    parts = [facts["cluster"], event.label]
    if change := facts.get("change"):
        parts.append(f"#{change['number']} {change['title']}")
    elif director := facts.get("director"):
        parts.append(director["name"])
    return " ".join(f"[LVS Console] {': '.join(part for part in parts if part)}".split())


def text_of(event: Event) -> str:
    """What happened, the facts, the link, and where to choose otherwise."""
    facts = event.facts
    lines = [SAYS[event.kind], ""]
    # Each in one line: a title with line breaks must not look like facts of ours.
    lines += [f"{name + ':':<10}{' '.join(value.split())}" for name, value in _rows(event) if value]
    if facts["detail"]:
        lines += ["", facts["detail"]]
    choose = link("web:notifications") or "Notifications, in the menu of your account"
    return "\n".join([*lines, "", "-- ", f"You chose to be told: {choose}", ""])


def _rows(event: Event) -> list[tuple[str, str]]:
    facts = event.facts
    change, director = facts.get("change"), facts.get("director")
    rows = [("Cluster", facts["cluster"])]
    if change:
        rows += [
            ("Change", f"#{change['number']} {change['title']}"),
            ("Author", change["author"]),
            ("Why", change["reason"]),
        ]
    if director:
        rows.append(("Director", director["name"]))
    by = facts["by"]
    rows.append(("By", "" if change and by == change["author"] else by))
    return [*rows, ("At", f"{event.at:%Y-%m-%d %H:%M} UTC"), ("Link", link_to(event))]


def _domain() -> str:
    """Of the sender's address, which may stand behind a name in angle brackets."""
    return str(settings.DEFAULT_FROM_EMAIL).rpartition("@")[2].strip("> ")


def _words(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said
