"""The words, colours and icons of states: (label, colour class, icon)."""

Word = tuple[str, str, str]

STATES: dict[str, Word] = {
    "draft": ("Draft", "grey", "pencil"),
    "in_review": ("In review", "amber", "eye"),
    "approved": ("Approved", "blue", "thumb-up"),
    "applying": ("Applying", "blue", "loader-2"),
    "applied": ("Applied", "green", "circle-check"),
    "failed": ("Failed", "red", "circle-x"),
    "partial": ("Partly applied", "red", "alert-triangle"),
    "rejected": ("Rejected", "red", "thumb-down"),
    "withdrawn": ("Withdrawn", "grey", "arrow-back-up"),
    "stale": ("Stale", "grey", "clock-off"),
}

RUN_STATES: dict[str, Word] = {
    "waiting": ("Waiting its turn", "grey", "hourglass"),
    "queued": ("Queued", "grey", "clock"),
    "running": ("Running", "blue", "loader-2"),
    "verified": ("Verified", "green", "circle-check"),
    "failed": ("Failed", "red", "circle-x"),
    "partial": ("Partly applied", "red", "alert-triangle"),
    "lost": ("Lost", "red", "plug-connected-x"),
    "skipped": ("Not begun", "grey", "circle-minus"),
    "superseded": ("Superseded", "grey", "player-skip-forward"),
}

DRAIN_STATES: dict[str, Word] = {
    "asked": ("Waits for its change", "amber", "eye"),
    "draining": ("Draining", "blue", "droplet-half"),
    "removing": ("Being removed", "blue", "loader-2"),
    "undoing": ("Being undone", "blue", "arrow-back-up"),
    "removed": ("Removed", "green", "circle-check"),
    "kept": ("Kept at weight 0", "grey", "player-pause"),
    "undone": ("Undone", "grey", "arrow-back-up"),
    "not_begun": ("Not begun", "grey", "circle-minus"),
}

STEP_STATES: dict[str, Word] = {
    "waiting": ("Waiting", "grey", "circle-dashed"),
    "done": ("Done", "green", "circle-check"),
    "failed": ("Failed", "red", "circle-x"),
    "skipped": ("Not tried", "grey", "circle-minus"),
}

DRIFT_STATES: dict[str, Word] = {
    "drifting": ("Drift", "red", "git-compare"),
    "ignored": ("Drift, ignored", "grey", "git-compare"),
    "applying": ("Being applied", "blue", "loader-2"),
    "none": ("As the head", "green", "circle-check"),
    "unknown": ("Not known", "amber", "help-circle"),
    "free": ("No head", "grey", "circle-dashed"),
}

PRESENCE: dict[str, Word] = {
    "present": ("Present", "green", "heartbeat"),
    "away": ("Away", "red", "plug-connected-x"),
    "unknown": ("Unknown", "amber", "help-circle"),
    "never": ("Never seen", "grey", "circle-dashed"),
    "cut_off": ("Cut off", "amber", "ban"),
    "not_enrolled": ("Not enrolled", "grey", "key-off"),
}

PRESENCE_HELP = {
    "present": "Its agent reports.",
    "away": "Its agent has been silent. The kernel keeps balancing with the last approved table.",
    "unknown": "The console does not hear its directors now: Redis or its relay is down, or has just begun.",
    "never": "Its agent has not reported yet: start it on the host.",
    "cut_off": "It was cut off: nothing that it says is believed, and it gets no orders. Its kernel keeps "
    "balancing.",
    "not_enrolled": "No host is enrolled as this director: nothing is believed in its name, and it gets no "
    "orders.",
}

DISOBEYS: Word = ("Refuses orders", "red", "key-off")
DISOBEYS_HELP = (
    "It does not believe this console's key, so it refuses every order: enrol its host anew."
)

JOINING: dict[str, Word] = {
    "later": ("Not yet", "grey", "circle-dashed"),
    "waiting": ("Waiting", "amber", "hourglass"),
    "stopped": ("Stopped", "red", "plug-connected-x"),
    "done": ("Done", "green", "check"),
}

DELIVERIES: dict[str, Word] = {
    "waiting": ("Not yet sent", "amber", "hourglass"),
    "sent": ("Sent", "green", "circle-check"),
    "dropped": ("Not needed", "grey", "circle-minus"),
    "given_up": ("Given up", "red", "circle-x"),
}

ROLES = {
    "viewer": "Sees clusters, changes and directors; changes nothing.",
    "operator": "Edits clusters, drafts and submits changes.",
    "approver": "Reviews changes that others wrote.",
    "auditor": "Sees what viewers see, reads and exports the audit log.",
    "emergency": "May have a change applied first and reviewed after; marked until it is.",
    "admin": "Manages directors, people and policies, and may do what operators and approvers do.",
}

LOOK = "See clusters, changes and directors"
"""The least that a role may do."""

KERNEL_PARTS = {"inet6": "IPv6", "sctp": "SCTP", "sip": "persistence engine sip"}
"""What a director may say that its IPVS lacks."""
