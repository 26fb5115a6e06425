"""The settings of an ldirectord.cf, and what those are that are no part of an IPVS table."""

_CHECKING = "health checks are ldirectord's own work"
_FAILED = "what ldirectord does when real servers fail"
_TELLING = "whom ldirectord tells of changes"
_ITSELF = "a setting of ldirectord itself"

_ANYWHERE = {
    "checktimeout": _CHECKING,
    "negotiatetimeout": _CHECKING,
    "checkinterval": _CHECKING,
    "checkcount": _CHECKING,
    "failurecount": _CHECKING,
    "fallback": "the server that takes over when all real servers are down",
    "fallback6": "the server that takes over when all real servers are down",
    "fallbackcommand": _FAILED,
    "quiescent": _FAILED,
    "emailalert": _TELLING,
    "emailalertfreq": _TELLING,
    "emailalertstatus": _TELLING,
    "smtp": _TELLING,
    "cleanstop": _ITSELF,
}
GLOBAL = _ANYWHERE | {
    "autoreload": _ITSELF,
    "callback": _ITSELF,
    "logfile": _ITSELF,
    "execute": _ITSELF,
    "supervised": _ITSELF,
    "fork": _ITSELF,
    "readdquiescent": _FAILED,
    "emailalertfrom": _TELLING,
    "maintenancedir": _ITSELF,
}
IN_VIRTUAL = _ANYWHERE | {
    "checkcommand": _CHECKING,
    "checkport": _CHECKING,
    "service": _CHECKING,
    "request": _CHECKING,
    "receive": _CHECKING,
    "httpmethod": _CHECKING,
    "virtualhost": _CHECKING,
    "login": _CHECKING,
    "passwd": _CHECKING,
    "database": _CHECKING,
    "secret": _CHECKING,
    "load": _CHECKING,
    "monitorfile": _ITSELF,
    "servicename": _TELLING,
    "comment": _TELLING,
}
SECRETS = ("login", "passwd", "secret")
"""Their values are not repeated in a note."""
CHECKTYPES = ("connect", "external", "external-perl", "negotiate", "off", "on", "ping")
FIRST_WORDS = ("virtual", "virtual6", *GLOBAL)
"""What the first line of an ldirectord.cf may begin with."""
