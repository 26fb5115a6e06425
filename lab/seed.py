"""What the demo opens on: cluster “web”, live on its director, and one change that waits for approval.

Runs with the console's settings, through the same services as the pages, in two calls:
`people ACCOUNTS NAME` makes the accounts, adds the director and prints an invitation for its host;
`cluster NAME` waits until the director reports and makes the cluster and its changes.
What is there already stays.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lvsconsole.settings")
django.setup()


from apps.accounts.models import User  # noqa: E402  (needs the set-up)
from apps.accounts.services import create_user  # noqa: E402
from apps.changes.models import Change  # noqa: E402
from apps.changes.services import open_draft, put_service, submit_change  # noqa: E402
from apps.inventory.models import Cluster, Director  # noqa: E402
from apps.inventory.services import add_director, create_cluster  # noqa: E402
from apps.jobs.services import approve_and_start  # noqa: E402
from apps.telemetry.selectors import presence  # noqa: E402
from apps.trust.services import invite_director  # noqa: E402
from lvs.model import RealServer, VirtualService  # noqa: E402

VIP = "192.168.49.134"
WEB1, WEB2 = RealServer("192.168.1.103", 80), RealServer("192.168.1.104", 80)
SERVICE = VirtualService(
    "inet", "tcp", VIP, 80, 0, scheduler="rr", real_servers=(WEB1, WEB2)
)  # fmt: skip
PATIENCE = 40.0


def people(accounts: Path, name: str) -> None:
    """The accounts of the file, and the director; prints an invitation for its host."""
    for username, account in json.loads(accounts.read_text()).items():
        if not User.objects.filter(username=username).exists():
            create_user(actor=None, username=username, **account)
    admin = User.objects.get(username="ada")
    director = Director.objects.filter(name=name).first()
    director = director or add_director(actor=admin, name=name)
    print(invite_director(actor=admin, director=director))


def cluster(name: str) -> None:
    """Wait for the director; make the cluster and the two changes if they are not there."""
    director = Director.objects.get(name=name)
    _wait(lambda: _is_present(name), f"director {name} did not report")
    operator, approver = (User.objects.get(username=who) for who in ("olga", "adil"))
    if Cluster.objects.filter(name="web").exists():
        return
    web = create_cluster(
        actor=operator, name="web", description="The shop's web servers", directors=[director]
    )
    first = _change(operator, web, "Put the shop online", "It opens on Monday", SERVICE)
    first = approve_and_start(actor=approver, change=first, digest=first.digest, comment="Checked")
    _wait(lambda: _ended(first.pk), "the first change was not applied")
    state = Change.objects.get(pk=first.pk)
    if state.state != Change.State.APPLIED:
        sys.exit(f"the first change is {state.state}: {state.state_note}")
    web.refresh_from_db()
    weighted = SERVICE._replace(
        scheduler="wrr", real_servers=(WEB1._replace(weight=20), WEB2._replace(weight=10))
    )
    _change(operator, web, "Send two of three to web1", "web1 got a second CPU", weighted)


def _change(
    operator: User, cluster: Cluster, title: str, reason: str, service: VirtualService
) -> Change:
    """A submitted change that puts this one service."""
    change = open_draft(actor=operator, cluster=cluster, title=title, reason=reason)
    old_key = service.key if cluster.head_id else None
    put_service(
        actor=operator, change=change, version=change.version, old_key=old_key, service=service
    )
    change.refresh_from_db()
    submit_change(actor=operator, change=change, adopt=False, allow_empty=False)
    change.refresh_from_db()
    return change


def _is_present(name: str) -> bool:
    """Asked anew each time: an object keeps the status that it saw first."""
    return presence(Director.objects.select_related("status").get(name=name)) == "present"


def _ended(number: int) -> bool:
    open_states = {Change.State.APPROVED, Change.State.APPLYING}
    return Change.objects.get(pk=number).state not in open_states


def _wait(ready: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > deadline:
            sys.exit(f"{complaint} within {PATIENCE:.0f} s")
        time.sleep(0.2)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["people", accounts_file, director_name]:
            people(Path(accounts_file), director_name)
        case ["cluster", director_name]:
            cluster(director_name)
        case _:
            sys.exit(__doc__)
