"""The kernel's errnos in words, for settings; those of services are tried on a real kernel."""

from errno import (
    EACCES,
    EADDRNOTAVAIL,
    EEXIST,
    EINVAL,
    EIO,
    ENETUNREACH,
    ENODEV,
    ENOENT,
    ENOMEM,
    EROFS,
    ESRCH,
)

import pytest

from lvs.netlink.refusals import refusal
from lvs.setting_step import SettingStep
from lvs.settings import SyncDaemon, Sysctl, Timeouts

START = SettingStep("start daemon", SyncDaemon("master", "eth9", 1, 1472))
STOP = SettingStep("stop daemon", SyncDaemon("backup", "eth9", 1, 1472))
SYSCTL = SettingStep("set sysctl", Sysctl("sync_ports", "3"), Sysctl("sync_ports", "1"))
TIMEOUTS = SettingStep("set timeouts", Timeouts(tcp=2**31))
TOLD = [
    (START, ENODEV, "there is no interface “eth9” (ENODEV)", "ip link"),
    (START, EEXIST, "a master sync daemon runs already (EEXIST)", "apply again"),
    (STOP, ESRCH, "no backup sync daemon runs (ESRCH)", "apply again"),
    (START, EADDRNOTAVAIL, "has no address or route for 224.0.0.81 (EADDRNOTAVAIL)", "ip link set"),
    (START, ENETUNREACH, "has no address or route for 224.0.0.81 (ENETUNREACH)", "ip link set"),
    (START, EINVAL, "real servers of the other address family", "Remove those real servers"),
    (START, ENOMEM, "the kernel is out of memory (ENOMEM)", "Free some memory"),
    (SYSCTL, EINVAL, "net.ipv4.vs.sync_ports can't be 3 (EINVAL)", "a value that the kernel takes"),
    (SYSCTL, ENOENT, "this kernel has no net.ipv4.vs.sync_ports (ENOENT)", "Leave it out"),
    (
        SettingStep("set sysctl", Sysctl("lblc_expiration", "9")),
        ENOENT,
        "as long as the scheduler lblc is not loaded (ENOENT)",
        "modprobe ip_vs_lblc",
    ),
    (SYSCTL, EACCES, "can't be written here (EACCES)", "CAP_NET_ADMIN"),
    (SYSCTL, EROFS, "can't be written here (EROFS)", "a writable /proc/sys/net"),
    (TIMEOUTS, EINVAL, "a timeout is too long (EINVAL)", "at most 2147483 seconds"),
    (TIMEOUTS, EIO, "Input/output error (EIO)", "dmesg"),
]


@pytest.mark.parametrize(("step", "errno", "meaning", "hint"), TOLD)
def test_a_refusal_names_step_meaning_errno_and_what_to_do(step, errno, meaning, hint):
    text = str(refusal(step, errno))
    assert text.startswith(f"The kernel refused “{step.text()}”: ")
    assert meaning in text
    assert hint in text
