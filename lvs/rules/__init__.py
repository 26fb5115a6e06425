"""What is wrong with a table, and why: pure.

`check_service`, `check_settings` and `check_table` name every problem at once, each with the path of
its field and a message for the person who typed it. Problems of severity "error" are refused; a
"warning" is worth saying and no more. Sources: the kernel's `net/netfilter/ipvs` and ipvsadm 1.31.
"""

from lvs.rules.problem import Path, Problem, Severity, errors_in
from lvs.rules.schedulers import (
    FLAG_BITS,
    SCHEDULERS,
    bits_of_flags,
    flag_bit,
    flags_from_bits,
    flags_of,
    spare_flags_of,
)
from lvs.rules.service import check_service, is_usable
from lvs.rules.settings import check_settings
from lvs.rules.sysctls import SWITCHED_BY_THE_KERNEL, SYSCTLS
from lvs.rules.table import check_services, check_table

__all__ = [
    "FLAG_BITS",
    "SCHEDULERS",
    "SWITCHED_BY_THE_KERNEL",
    "SYSCTLS",
    "Path",
    "Problem",
    "Severity",
    "bits_of_flags",
    "check_service",
    "check_services",
    "check_settings",
    "check_table",
    "errors_in",
    "flag_bit",
    "flags_from_bits",
    "flags_of",
    "is_usable",
    "spare_flags_of",
]
