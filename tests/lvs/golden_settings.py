"""What ipvsadm is told about settings and counters, beside what of ours means the same.

Recorded as `tests.lvs.golden_cases` are. The interface is one that no director has: nothing starts.
"""

from lvs.model import ServiceKey
from lvs.setting_step import SettingStep
from lvs.settings import SyncDaemon, Timeouts

NOWHERE = "nowhere0"
MASTER = SyncDaemon("master", NOWHERE, 0, 1472)
BACKUP = SyncDaemon("backup", NOWHERE, 0, 1472)

_ON = f"--mcast-interface {NOWHERE}"
_TIMEOUTS = {
    "--set 61 0 0": Timeouts(tcp=61),
    "--set 0 62 0": Timeouts(tcp_fin=62),
    "--set 0 0 63": Timeouts(udp=63),
    "--set 2147483 2147482 2147481": Timeouts(2147483, 2147482, 2147481),
    "--set 900 120 300": Timeouts(900, 120, 300),
}
_DAEMONS = {
    f"--start-daemon master {_ON} --syncid 255 --sync-maxlen 65507 --mcast-group 239.1.2.3 "
    "--mcast-port 9000 --mcast-ttl 255": SyncDaemon(
        "master", NOWHERE, 255, 65507, "239.1.2.3", 9000, 255
    ),
    f"--start-daemon backup {_ON} --syncid 7 --sync-maxlen 1024 --mcast-group ff05::1:3 "
    "--mcast-port 65535 --mcast-ttl 5": SyncDaemon(
        "backup", NOWHERE, 7, 1024, "ff05::1:3", 65535, 5
    ),
    f"--start-daemon master {_ON} --sync-maxlen 1472": MASTER,
    f"--start-daemon backup {_ON} --syncid 1": BACKUP._replace(syncid=1),
}
_ZERO = {
    "-Z": None,
    "-Z -t 192.0.2.1:80": ServiceKey("inet", "tcp", "192.0.2.1", 80, 0),
    "-Z -u [2001:db8::1]:53": ServiceKey("inet6", "udp", "2001:db8::1", 53, 0),
    "-Z -f 7 -6": ServiceKey("inet6", "", "", 0, 7),
}


def setting_cases() -> dict[str, SettingStep]:
    """ipvsadm's arguments → the step that means the same."""
    steps = {args: SettingStep("set timeouts", timeouts) for args, timeouts in _TIMEOUTS.items()}
    steps |= {args: SettingStep("start daemon", daemon) for args, daemon in _DAEMONS.items()}
    return steps | {
        "--stop-daemon master": SettingStep("stop daemon", MASTER),
        "--stop-daemon backup": SettingStep("stop daemon", BACKUP),
    }


def zero_cases() -> dict[str, ServiceKey | None]:
    """ipvsadm's arguments → what `Kernel.zero` is told."""
    return dict(_ZERO)
