"""A good POST for every page that takes one."""

from itertools import chain
from urllib.parse import urlencode

from django.urls import reverse

from apps.notify.events import EVENTS
from apps.notify.models import Reach
from lvs.rules import SYSCTLS
from tests.web.test_services import typed

KEY = "tcp-192.168.49.134-80"
PASSWORD, OTHER = "long-enough-to-pass", "another-that-is-long-enough"
FREEZE = {"act": "freeze", "reason": "Sale", "starts_at": "2026-11-27T00:00"}
SETTINGS = {
    "timeouts-tcp": "900",
    "timeouts-tcp_fin": "",
    "timeouts-udp": "300",
    "sync-mode": "run",
    "sync-master": "on",
    **{f"master-{name}": "" for name in ("maxlen", "group", "port", "ttl")},
    "master-interface": "eth0",
    "master-syncid": "1",
    "sysctls-conn_reuse_mode": "1",
} | {f"sysctls-{name}": "" for name in SYSCTLS}
MANY = {"act": "preview", "which": "every", "what": "weight", "weight": "5", "new_weight": "1"}
MANY |= {"new_forwarding": "masquerade", "key": KEY, "server": "", "text": "", "mark": ""}
ADD = {"what": "add", "address": "192.168.1.9", "port": ""}
IMPORT = {"source": "text", "content": "-A -t 192.0.2.1:80 -s rr\n", "how": "merge", "act": "look"}
IMPORT |= {"title": "Import", "reason": "", "format": "auto", "config_id": "", "file_name": ""}
IMPORT |= {"included_names": "./a.conf", "included_texts": "virtual_server 192.0.2.1 80 {\n}\n"}
ASKED = {"kind": "all", "shape": "rows", "sort": "client", "client": "", "server": ""}


def posts(made):
    """By the name of a page's address: its arguments, and what is posted there."""
    return list(
        chain(*(part(made) for part in (_clusters, _changes, _drafts, _directors, _people, _own)))
    )


def _clusters(made):
    web = [made.cluster.name]
    cluster = {"name": "mail", "description": "Mail", "directors": made.spare.pk}
    policy = {"act": "policy", "approvals": "1", "confirm_within": "", "version": 2}
    weekly = FREEZE | {"starts_at": "", "weekdays": "1", "from_time": "22:00", "to_time": "06:00"}
    drain = {"then": "remove", "minutes": "5", "at_deadline": "keep", "reason": "Disk"}
    hook = {"events": "failed", "url": "https://hooks.example.net/other"}
    yield "cluster-new", [], cluster
    yield "cluster-edit", web, cluster
    yield "change-new", web, {"title": "New", "reason": "Why"}
    yield "cluster-policy", web, policy
    yield "cluster-policy", web, FREEZE | {"ends_at": "2026-11-28T00:00"}
    yield "cluster-policy", web, weekly
    yield "cluster-policy", web, {"act": "thaw", "freeze": "1"}
    yield "revision", [*web, 1], {"title": "Back", "reason": "It broke"}
    yield "drain-new", [*web, KEY, "192.168.1.104-80"], drain
    yield "drain-act", [made.drain.pk], {"act": "undo"}
    yield "cluster-import", web, IMPORT
    yield "hook-new", [], hook | {"where": "0"}
    yield "hook", [made.hook.pk], hook | {"act": "edit", "is_on": "on"}


def _changes(made):
    draft, review = [made.draft.pk], [made.review.pk]
    submit = {"version": made.draft.version, "start_at": "", "start_until": ""}
    verdict = {"digest": made.review.digest, "version": made.review.version, "comment": "Read it"}
    yield "change-submit", draft, submit | {"confirm_within": "5"}
    yield "change-confirm", [made.later.pk], {"any": "thing"}
    yield "change-comment", review, {"comment": "Why?"}
    yield "change-afterwards", [made.later.pk], {"verdict": "reject", "comment": "No"}
    yield "change-approve", review, verdict
    yield "change-reject", review, verdict
    yield "change-withdraw", draft, {"any": "thing"}
    yield "change-reopen", [made.rejected.pk], {"any": "thing"}
    yield "change-fitness", draft, {"any": "thing"}


def _drafts(made):
    draft, version = [made.draft.pk], {"version": made.draft.version}
    clash = {"version": made.clashing.version, "head": made.cluster.head_id, "rest": "mine"}
    new = version | typed(address="192.168.49.135", old_key="")
    yield "change-edit", draft, version | {"title": "Other", "reason": "Why"}
    yield "change-rebase", [made.clashing.pk], clash
    yield "change-many", draft, version | MANY
    yield "change-many", draft, version | MANY | ADD
    yield "change-many", draft, version | MANY | {"act": "store", "which": "keys"}
    yield "change-settings", draft, version | SETTINGS
    yield "change-settings-check", draft, version | SETTINGS
    yield "service-new", draft, new
    yield "service-check", draft, new
    yield "service", [*draft, KEY], version | typed(scheduler="wrr", port="8080")
    yield "service-delete", [*draft, KEY], version


def _directors(made):
    director, acted = [made.director.uuid], {"digest": made.drift}
    yield "director-new", [], {"name": "lb-9"}
    yield "director", director, {"name": "lb-9"}
    yield "director-invite", director, {"any": "thing"}
    yield "director-withdraw", director, {"any": "thing"}
    yield "director-revoke", director, {"reason": "Stolen"}
    yield "drift-adopt", director, acted | {"adopt-reason": "Meant"}
    yield "drift-revert", director, acted | {"revert-reason": "Not meant", "adopt": "on"}
    yield "drift-ignore", director, acted | {"ignore-reason": "For now"}
    yield "drift-heed", director, acted
    yield "director-connections", director, ASKED | {"service": "192.0.2.1:80", "state": ""}
    yield "director-fitness", director, {"any": "thing"}
    yield "director-zero", director, {"service": KEY}
    yield "errand-script", [made.errand.pk], {"address": "192.168.1.103"}


def _people(made):
    person = [made.person.pk]
    new = {"username": "nils", "full_name": "Nils", "role": "viewer", "password": PASSWORD}
    yield "person-new", [], new
    yield "roles", [], {"role": "viewer", "asked": "yes"}
    yield "mappings", [], {"act": "add", "group": "ops", "role": "viewer", "where": "0"}
    yield "mappings", [], {"act": "remove", "mapping": "1"}
    yield "person", person, {"act": "grant", "role": "viewer", "where": "0"}
    yield "person", person, {"act": "password", "password": PASSWORD}
    yield "person", person, {"act": "revoke", "grant": made.grant}
    yield "person-factor", person, {"reason": "Lost"}
    yield "person-sessions", person, {"any": "thing"}
    yield "person-tokens", person, {"token": made.token.pk}
    yield "person-link", person, {"subject": "s-1"}
    yield "audit-export", [], {"format": "csv"}


def _own(made):
    choices = {"act": "choices", "clusters": made.cluster.pk} | dict.fromkeys(EVENTS, Reach.ALL)
    changed = {"password": OTHER, "password_again": OTHER, "old_password": PASSWORD}
    yield "notifications", [], {"act": "address", "email": "anna@example.net"}
    yield "notifications", [], choices
    yield "account-password", [], changed
    yield "account-sessions", [], {"session": "7"}
    yield "token-new", [], {"name": "ci", "role": "viewer", "where": "0", "life": "30"}
    yield "tokens-revoke", [], {"token": made.token.pk}
    yield "confirm", [], {"password": PASSWORD, "next": "/"}
    yield "confirm", [], {"code": "123456", "credential": "{}", "next": "/"}
    yield "factor-app", [], {"code": "123456"}
    yield "factor-key", [], {"name": "blue key", "credential": "{}"}
    yield "factor-codes", [], {"any": "thing"}
    yield "factor-remove", [made.factor], {"any": "thing"}
    yield "sign-in", [], {"username": "olga", "password": PASSWORD, "next": "/"}
    yield "turn-back", [], {"any": "thing"}
    yield "sign-out", [], {"any": "thing"}
    yield "second-factor", [], {"code": "123456", "credential": "{}"}


def post(client, name, arguments, pairs, **headers):
    """The answer to these fields; halves of characters go as a careless program sends them."""
    body = urlencode(pairs, errors="surrogatepass")
    kind = "application/x-www-form-urlencoded"
    return client.post(reverse(f"web:{name}", args=arguments), body, kind, headers=headers)
