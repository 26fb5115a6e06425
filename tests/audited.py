"""Which tables hold what an act changes, and which don't, each with its reason."""

import re

AUDITED = {
    "accounts.User",
    "accounts.RoleGrant",
    "accounts.ApiToken",
    "accounts.RoleSetting",
    "accounts.GroupMapping",
    "mfa.Authenticator",
    "socialaccount.SocialAccount",
    "inventory.Cluster",
    "inventory.Director",
    "inventory.Revision",
    "trust.CutOff",
    "trust.Identity",
    "trust.Invitation",
    "trust.ConsoleKey",
    "changes.Change",
    "changes.Review",
    "changes.Drift",
    "changes.ClusterPolicy",
    "changes.ClusterPolicy_approvers",
    "changes.FreezeWindow",
    "jobs.Run",
    "drains.Drain",
    "notify.Choices",
    "notify.Choices_clusters",
    "notify.Webhook",
}
"""A row of these is written only together with a record."""

EXEMPT = {
    "audit.AuditRecord": "the records themselves",
    "audit.AuditLink": "made by the database for each record",
    "audit.AuditSeal": "the worker's signature under records",
    "audit.AuditSink": "how far each place outside has the log",
    "inventory.ClaimedEndpoint": "an index of the head, rewritten with it",
    "changes.ProposedEndpoint": "an index of changes, rewritten with each",
    "changes.ClaimsLock": "a lock, and nothing else",
    "changes.DirectorPlan": "part of a submit, whose record counts its steps",
    "telemetry.DirectorStatus": "observations of a director, no acts",
    "telemetry.RelayStatus": "when a relay last read, no act",
    "jobs.RunStep": "progress of a run; its beginning and end are recorded",
    "jobs.Outbox": "delivery of a run, whose queueing is recorded",
    "jobs.Errand": "a question that is forgotten after a day; its asking is recorded where it acts",
    "notify.Event": "tells of what was recorded where it happened",
    "notify.Delivery": "the sending of an event",
    "sessions.Session": "Django's store; beginning and end of a session are recorded",
    "usersessions.UserSession": "when a session was last seen; its end is recorded",
    "axes.AccessAttempt": "counts wrong passwords; the lock-out is recorded",
    "axes.AccessAttemptExpiration": "of the same",
    "axes.AccessFailureLog": "of the same",
    "axes.AccessLog": "of the same",
    "account.EmailAddress": "allauth's, unused: the address stands in User",
    "account.EmailConfirmation": "allauth's, unused",
    "socialaccount.SocialApp": "allauth's, unused: the provider comes from settings",
    "socialaccount.SocialToken": "allauth's, unused: tokens are not stored",
    "contenttypes.ContentType": "Django's list of models",
    "auth.Permission": "Django's, unused: rights stand in the policy module",
    "auth.Group": "Django's, unused: roles are grants of our own",
    "auth.Group_permissions": "of the same",
    "accounts.User_groups": "of the same",
    "accounts.User_user_permissions": "of the same",
}
"""Why a row of these needs no record of its own."""

RECORD = "audit_auditrecord"
_WRITE = re.compile(r'^\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM) "(\w+)"', re.I)


def written_by(sql):
    """The table that a statement writes, "" = none."""
    found = _WRITE.match(sql)
    return found[1] if found else ""


class Watch:
    """Notes the tables that are written; use as `connection.execute_wrapper`."""

    def __init__(self):
        self.tables = set()

    def __call__(self, execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if table := written_by(sql):
            self.tables.add(table)
        return result
