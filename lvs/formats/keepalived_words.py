"""What keepalived.conf may hold that is no part of an IPVS table, and what it is."""

CHECKERS = (
    *("HTTP_GET", "SSL_GET", "TCP_CHECK", "SMTP_CHECK", "DNS_CHECK", "MISC_CHECK"),
    *("BFD_CHECK", "UDP_CHECK", "PING_CHECK", "FILE_CHECK"),
)
_CHECKING = "health checks are keepalived's own work"
_TUNING = "a setting of its health checks"
_QUORUM = "what keepalived does when too few real servers are up"
_TELLING = "whom keepalived tells of changes"

IN_VIRTUAL_SERVER: dict[str, str] = {
    "sorry_server": "the server that takes over when too few real servers are up",
    "sorry_server_inhibit": "a setting of the sorry server",
    "sorry_server_lvs_method": "a setting of the sorry server",
    "quorum": _QUORUM,
    "hysteresis": _QUORUM,
    "quorum_up": _QUORUM,
    "quorum_down": _QUORUM,
    "ha_suspend": "whether keepalived checks while it has no virtual address",
    "alpha": "real servers are down until a check succeeds",
    "omega": "what keepalived does when it ends",
    "smtp_alert": _TELLING,
    "virtualhost": _TUNING,
    "snmp_name": "a name for SNMP",
    "connect_timeout": _TUNING,
    "retry": _TUNING,
    "delay_before_retry": _TUNING,
    "warmup": _TUNING,
    "delay_loop": _TUNING,
    "inhibit_on_failure": "whether a real server that fails stays with weight 0",
}
IN_REAL_SERVER: dict[str, str] = {
    "notify_up": _TELLING,
    "notify_down": _TELLING,
    **{
        name: IN_VIRTUAL_SERVER[name]
        for name in ("alpha", "smtp_alert", "virtualhost", "snmp_name", "connect_timeout", "retry")
    },
    **{
        name: IN_VIRTUAL_SERVER[name]
        for name in ("delay_before_retry", "warmup", "delay_loop", "inhibit_on_failure")
    },
    **dict.fromkeys(CHECKERS, _CHECKING),
}
_VRRP = "VRRP moves addresses between hosts, and is no part of a table"
_STATIC = "addresses, routes and rules of the host are no part of a table"
AT_THE_TOP: dict[str, str] = {
    "vrrp_instance": _VRRP,
    "vrrp_sync_group": _VRRP,
    "vrrp_script": _VRRP,
    "vrrp_track_process": _VRRP,
    "vrrp_track_file": _VRRP,
    "track_file": _VRRP,
    "garp_group": _VRRP,
    "interface_up_down_delays": _VRRP,
    "linkbeat_interfaces": _VRRP,
    "static_ipaddress": _STATIC,
    "static_routes": _STATIC,
    "static_rules": _STATIC,
    "static_track_group": _STATIC,
    "track_group": _STATIC,
    "bfd_instance": "BFD is no part of a table",
    "SSL": _TUNING,
    **dict.fromkeys(
        ("net_namespace", "net_namespace_ipvs", "namespace_with_ipsets", "instance"),
        "where keepalived itself runs",
    ),
    **dict.fromkeys(
        ("use_pid_dir", "linkbeat_use_polling", "child_wait_time"), "a setting of keepalived itself"
    ),
}
IN_GLOBAL_DEFS = "a setting of keepalived itself"
FIRST_WORDS = ("global_defs", "virtual_server", "virtual_server_group", *AT_THE_TOP)
"""What the first line of a keepalived.conf may begin with."""
