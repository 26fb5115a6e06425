"""What the kernel's errno says about a step, and what to do: from net/netfilter/ipvs/ip_vs_ctl.c."""

from errno import (
    EACCES,
    EADDRNOTAVAIL,
    EAFNOSUPPORT,
    EEXIST,
    EINVAL,
    ENETUNREACH,
    ENODEV,
    ENOENT,
    ENOMEM,
    EPERM,
    ERANGE,
    EROFS,
    ESRCH,
)
from os import strerror

from lvs.addresses import family_of
from lvs.errors import KernelRefusal
from lvs.model import RealServer, VirtualService
from lvs.plan import AnyStep
from lvs.rules.sysctls import OF_A_SCHEDULER
from lvs.setting_step import SettingStep
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from lvs.step import Step

_AGAIN = (
    "Somebody else changed it meanwhile: apply again, which starts from what the kernel holds now."
)
_ANY = {
    EPERM: (
        "the right to change IPVS is missing",
        "Run it with CAP_NET_ADMIN.",
    ),
    ENOMEM: ("the kernel is out of memory", "Free some memory, then apply again."),
    EAFNOSUPPORT: (
        "this kernel's IPVS has no IPv6",
        "Use a kernel with CONFIG_IP_VS_IPV6.",
    ),
    ESRCH: ("the virtual service is not there", _AGAIN),
}


def refusal(step: AnyStep, errno: int) -> KernelRefusal:
    """The refusal of a step, in words."""
    if isinstance(step, SettingStep):
        said = _of_setting(step, errno)
    elif step.server is None:
        said = _of_service(step, errno)
    else:
        said = _of_server(step.service, step.server, errno)
    meaning, hint = said or _ANY.get(errno) or (strerror(errno), "See the kernel's log: dmesg.")
    return KernelRefusal(step, errno, meaning, hint)


def _of_service(step: Step, errno: int) -> tuple[str, str] | None:
    service = step.service
    if errno == ENOENT:
        return _unknown_names(service)
    if errno == EEXIST:
        return (
            "the service exists already, and isn't ours",
            "Look at it with “ipvsadm -Ln”. To take it over, apply with --adopt.",
        )
    if errno == EINVAL and service.family == "inet6":
        return (
            f"an IPv6 service can't have the netmask “{service.netmask}”",
            "Give a prefix length from 1 to 128.",
        )
    return None


def _unknown_names(service: VirtualService) -> tuple[str, str]:
    names, modules = f"scheduler “{service.scheduler}”", f"modprobe ip_vs_{service.scheduler}"
    if engine := service.persistence_engine:
        names += f" or persistence engine “{engine}”"
        modules += f"; modprobe ip_vs_pe_{engine}"
    return f"this kernel has no {names}", f"Load what is missing: {modules}."


def _of_server(service: VirtualService, server: RealServer, errno: int) -> tuple[str, str] | None:
    if errno == ENOENT:
        return "the real server is not there", _AGAIN
    if errno == EEXIST:
        return "the service has this real server already", _AGAIN
    if errno == ERANGE:
        return _out_of_range(server)
    if errno == EINVAL:
        return _invalid(service, server)
    return None


def _out_of_range(server: RealServer) -> tuple[str, str]:
    if server.weight >= 2**31:
        return f"the weight {server.weight} is too large", "Give a weight below 2147483648."
    return (
        f"the lower threshold {server.lower_threshold} is above the upper one, "
        f"{server.upper_threshold}",
        "Raise the upper threshold or lower the other.",
    )


def _invalid(service: VirtualService, server: RealServer) -> tuple[str, str]:
    if family_of(server.address) != service.family:
        return (
            "a real server of the other address family works with tunnel forwarding only, and not "
            "while a sync daemon runs",
            "Set its forwarding to tunnel, or give an address of the service's family.",
        )
    if server.tunnel_type == "gue" and not server.tunnel_port:
        return "a GUE tunnel needs a UDP port", "Give its tunnel port."
    return (
        f"{server.address} is no address that a real server can have here",
        "It must be a unicast address, neither broadcast nor multicast, and the director's "
        "loopback interface must be up: ip link set lo up.",
    )


def _of_setting(step: SettingStep, errno: int) -> tuple[str, str] | None:
    setting = step.setting
    if isinstance(setting, Sysctl):
        return _of_sysctl(setting, errno)
    if isinstance(setting, SyncDaemon):
        return _of_daemon(setting, errno)
    if isinstance(setting, Timeouts) and errno == EINVAL:
        return "a timeout is too long", "Give at most 2147483 seconds."
    return None


def _of_sysctl(sysctl: Sysctl, errno: int) -> tuple[str, str] | None:
    if errno == ENOENT and (scheduler := OF_A_SCHEDULER.get(sysctl.name)):
        return (
            f"there is no {sysctl} as long as the scheduler {scheduler} is not loaded",
            f"Load it: modprobe ip_vs_{scheduler}, or leave the sysctl out.",
        )
    if errno == ENOENT:
        return f"this kernel has no {sysctl}", "Leave it out for directors with this kernel."
    if errno == EINVAL:
        return f"{sysctl} can't be {sysctl.value}", "Give a value that the kernel takes."
    if errno in (EACCES, EPERM, EROFS):
        return (
            f"{sysctl} can't be written here",
            "The process needs CAP_NET_ADMIN and a writable /proc/sys/net.",
        )
    return None


def _of_daemon(daemon: SyncDaemon, errno: int) -> tuple[str, str] | None:
    if errno == ENODEV:
        return f"there is no interface “{daemon.interface}”", "See the interfaces with: ip link."
    if errno == EEXIST:
        return f"a {daemon.role} sync daemon runs already", _AGAIN
    if errno == ESRCH:
        return f"no {daemon.role} sync daemon runs", _AGAIN
    if errno in (EADDRNOTAVAIL, ENETUNREACH):
        return (
            f"interface “{daemon.interface}” has no address or route for {daemon.group}",
            "Give it an address of the group's family, and take it up: ip link set … up.",
        )
    if errno == EINVAL:
        return (
            "no sync daemon runs beside real servers of the other address family, with a group that "
            "is no multicast address, or on an interface whose name has more than 15 bytes",
            "Remove those real servers, mend the daemon, or leave it out.",
        )
    return None
