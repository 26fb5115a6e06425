"""Fills the audit log of an empty, migrated database with many records, and measures its pages.

    export DJANGO_SETTINGS_MODULE=tests.settings LVS_DATABASE_URL=…
    python -m tests.million 1000000
    python -m tests.million measure

The records look like a busy team's of some years: 40 people, 200 clusters, most acts on changes, and now
and then an import of 11,000 rules. They go through the database's own triggers, so they are chained.
"""

import os
import random
import statistics
import sys
import time
from datetime import timedelta

ACTS = (
    ["change.service_edited"] * 30 + ["change.service_added"] * 12 + ["change.opened"] * 10
    + ["change.submitted"] * 8 + ["change.approved"] * 8 + ["run.verified"] * 16
    + ["user.signed_in"] * 10 + ["cluster.edited"] * 3 + ["director.added"] * 2
    + ["drain.asked"]
)  # fmt: skip
REASONS = ["Launch day", "More room for the shop", "Old hosts go away", "Balance again", "", ""]


def rules(number):
    """A table of so many rules, as an import's record holds it."""
    return [
        {
            "address": f"10.{n // 250}.{n % 250}.1", "port": 80, "protocol": "tcp", "scheduler": "wlc",
            "real_servers": [
                {"address": f"172.{16 + m}.{n // 250}.{n % 250}", "port": 80, "weight": 10}
                for m in range(10)
            ],
        }
        for n in range(number // 11)
    ]  # fmt: skip


def content(number, dice, people, start, step):
    """What one record says."""
    act = dice.choice(ACTS)
    person = dice.choice(people)
    kind = act.split(".", 1)[0]
    cluster = dice.randrange(1, 201) if kind != "user" else None
    change = number // 12 + 1 if kind in ("change", "run") else None
    before = after = None
    if act.startswith("change.service"):
        server = f"192.168.{dice.randrange(250)}.{dice.randrange(250)}:80"
        before = {"service": f"tcp 10.0.{cluster}.1:443", "real_servers": {server: {"weight": 10}}}
        after = {
            "service": f"tcp 10.0.{cluster}.1:443",
            "real_servers": {server: {"weight": dice.randrange(99)}},
        }
    if number % 20_000 == 77:
        act, before, after = "change.imported", None, {"services": rules(11_000)}
    rare = " zebrafish" if number % 100_000 == 500 else ""
    return {
        "at": start + step * number,
        "actor_id": person.pk,
        "actor_name": person.username,
        "address": "192.0.2.7",
        "request_id": f"{dice.getrandbits(128):032x}",
        "action": act,
        "object_type": kind,
        "object_id": str(change or cluster or person.pk),
        "object_name": f"{kind} of cluster-{cluster or 0:03d} in hall {dice.randrange(9)}",
        "cluster_number": cluster,
        "change_number": change,
        "before": before,
        "after": after,
        # A word that stood in every record of the first half, and in none since.
        "reason": dice.choice(REASONS) + rare + (" legacydc" if number < 500_000 else ""),
    }


def main(count):
    """Write them, 5,000 in a transaction, and say how long that took."""
    from django.db import transaction
    from django.utils import timezone

    from apps.accounts.models import User
    from apps.audit.canonical import digest_of, form
    from apps.audit.models import AuditRecord
    from apps.audit.searching import search_text_of

    dice = random.Random(7)
    people = [User.objects.get_or_create(username=f"person{n:02d}")[0] for n in range(40)]
    step = timedelta(seconds=90)
    start, began = timezone.now() - step * count, time.monotonic()
    for first in range(0, count, 5000):
        many = [
            content(first + n, dice, people, start, step) for n in range(min(5000, count - first))
        ]
        rows = []
        for said in many:
            text = form(said["at"], said)
            made = {
                "digest": digest_of(text),
                "size": len(text),
                "search_text": search_text_of(said),
            }
            rows.append(AuditRecord(**said, **made))
        with transaction.atomic():
            AuditRecord.objects.bulk_create(rows, batch_size=1000)
    print(f"{count} records in {time.monotonic() - began:.0f} s")


def measured():
    """Name and query of each page that is measured."""
    from apps.audit.models import AuditRecord

    newest = AuditRecord.objects.order_by("-pk").first().pk
    days = {n: AuditRecord.objects.get(pk=n).at.date() for n in (1000, newest // 2)}
    old, middle = days.values()
    deep = newest - 50_000
    return {
        "first page": "",
        "1,000 pages deep": f"before={deep}",
        "newer, from there": f"after={deep}",
        "text: rare (10 records)": "text=zebrafish",
        "text: frequent (two of three)": "text=change",
        "text: frequent, 1,000 pages deep": f"text=change&before={deep}",
        "text: one of 200": "text=cluster-017",
        "text: an address": "text=192.168.17.33:80",
        "text: three words": "text=cluster-017+hall+192.168.7",
        "text: nowhere": "text=nowhere-at-all",
        "text: in the old half alone": "text=legacydc",
        "who": "actor=person07",
        "who: nobody": "actor=nobody",
        "act, frequent": "action=change.service_edited",
        "act, rare": "action=change.imported",
        "act, any of change": "action=change.",
        "act, any of drain (rare)": "action=drain.",
        "act, by its beginning": "action=dra",
        "kind of object": "object_type=director",
        "cluster": "cluster=17",
        "change": "change=41666",
        "from the middle on": f"since={middle}",
        "up to the middle": f"until={middle}",
        "one old day": f"since={old}&until={old}",
        "who, act and cluster": "actor=person07&action=run.verified&cluster=17",
        "text and cluster": "text=launch&cluster=17",
        "text, up to the middle": f"text=launch&until={middle}",
    }


def measure():
    """Print the median of seven requests of each page, in milliseconds."""
    from django.conf import settings
    from django.test import Client

    from apps.accounts.models import User
    from apps.accounts.services import create_user
    from apps.audit.models import AuditRecord
    from apps.inventory.models import Cluster

    settings.ALLOWED_HOSTS, settings.DEBUG = ["testserver"], False
    for number in range(1, 201):
        Cluster.objects.get_or_create(pk=number, defaults={"name": f"cluster-{number:03d}"})
    user = User.objects.filter(username="measurer").first() or create_user(
        actor=None, username="measurer", password="long-enough-to-pass", full_name="", role="admin"
    )
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    pages = {name: f"/audit/?{query}" for name, query in measured().items()}
    long = AuditRecord.objects.filter(action="change.imported").first()
    pages["a record of 11,000 rules"] = f"/audit/{long.pk}/"
    pages["the same, values 30,001 on"] = f"/audit/{long.pk}/?from=30000"
    for name, path in pages.items():
        times = []
        for _ in range(7):
            began = time.perf_counter()
            assert client.get(path).status_code == 200, path
            times.append(1000 * (time.perf_counter() - began))
        print(f"{name:36s} {statistics.median(times):8.1f}   worst {max(times):8.1f}", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    if sys.argv[1] == "measure":
        measure()
    else:
        main(int(sys.argv[1]))
