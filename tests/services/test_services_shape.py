"""Every service of every app has the same shape."""

import importlib
import inspect
from pathlib import Path

import pytest

import apps

WITHOUT_ACTOR = {
    # They carry out what an audited act of a person began.
    "apps.inventory.services.create_revision",
    "apps.inventory.services.mark_applied",
    "apps.changes.services.end_change",
    "apps.changes.services.mark_stale",
    "apps.changes.services.plan_anew",
    # Called in the transaction of a report, or of what became of a head.
    "apps.changes.services.settle_drift",
    "apps.changes.services.settle_drifts",
    "apps.changes.services.take_back",
    "apps.jobs.services.take_back",
    "apps.jobs.services.start_due",
    "apps.jobs.services.begin_what_is_due",
    "apps.drains.services.watch_drains",
    # A director's word, or the clock's, or that of the provider of single sign-on.
    "apps.accounts.services.sign_on",
    # A director's word, or the clock's.
    "apps.audit.services.seal_head",
    "apps.audit.services.send_outside",
    "apps.telemetry.services.store_heartbeat",
    "apps.telemetry.services.store_observed",
    "apps.telemetry.services.relay_was_here",
    "apps.telemetry.services.note_absence",
    "apps.jobs.services.store_heartbeat",
    # Hosts that an admin invited, and the files of the signing key.
    "apps.trust.services.answer_enrolments",
    "apps.trust.services.keep_access",
    "apps.trust.services.note_keys",
    "apps.trust.services.note_refusal",
    "apps.trust.services.withdraw_invitations",
    "apps.jobs.services.spread_keys",
    # They tell of what an audited act, or a director's word, began.
    "apps.notify.services.queue_event",
    "apps.notify.services.deliver_due",
    "apps.notify.services.forget_old",
    "apps.jobs.services.deliver_outbox",
    "apps.jobs.services.reap_runs",
    "apps.jobs.services.store_run_started",
    "apps.jobs.services.store_run_steps",
    "apps.jobs.services.store_run_finished",
    "apps.jobs.services.store_refused",
    "apps.jobs.services.deliver_errands",
    "apps.jobs.services.reap_errands",
    "apps.jobs.services.store_errand_answered",
}
PURE = {"apps.audit.services.changed"}
"""Writes nothing."""


def service_functions():
    folder = Path(apps.__file__).parent
    for path in sorted([*folder.glob("*/services.py"), *folder.glob("*/services/__init__.py")]):
        app = path.relative_to(folder).parts[0]
        module = importlib.import_module(f"apps.{app}.services")
        named = getattr(module, "__all__", None) or [
            name
            for name, found in vars(module).items()
            if inspect.isfunction(found) and found.__module__ == module.__name__
        ]
        for name in named:
            function = getattr(module, name)
            if not name.startswith("_") and inspect.isfunction(function):
                yield pytest.param(function, id=f"{module.__name__}.{name}")


FUNCTIONS = list(service_functions())


def test_the_services_were_found():
    names = {parameter.id for parameter in FUNCTIONS}
    assert {"apps.changes.services.approve_change", "apps.accounts.services.grant_role"} <= names
    assert names >= WITHOUT_ACTOR | PURE, "a listed function is gone: take it off the list"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_service_takes_keywords_only_with_types_and_says_what_it_does(function, request):
    if request.node.callspec.id in PURE:
        return
    signature = inspect.signature(function)
    for parameter in signature.parameters.values():
        assert parameter.kind == inspect.Parameter.KEYWORD_ONLY, parameter
        assert parameter.annotation is not inspect.Parameter.empty, parameter
    assert signature.return_annotation is not inspect.Signature.empty
    assert function.__doc__


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_service_knows_who_acts(function, request):
    name = request.node.callspec.id
    knows = "actor" in inspect.signature(function).parameters
    assert knows is (name not in WITHOUT_ACTOR | PURE)
