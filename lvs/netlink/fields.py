"""Which values are wanted of the kernel's messages, and where they stand in them.

What they mean is told by `decode`.
"""

from lvs.netlink.attributes import Field
from lvs.netlink.uapi import DestAttr, ServiceAttr, StatsAttr


def _field(number: int, *, text: bool = False, optional: bool = False) -> Field:
    return Field(((int(number),),), not text, optional)


def _counted(*numbers: StatsAttr) -> tuple[Field, ...]:
    """Numbers of STATS64, or of the STATS of a kernel before 4.1, whose numbers are 32 bits wide."""
    attributes = (ServiceAttr.STATS64, ServiceAttr.STATS)  # a real server's have the same numbers
    return tuple(
        Field(tuple((int(attribute), int(number)) for attribute in attributes))
        for number in numbers
    )


_S = StatsAttr
TOTAL_FIELDS = _counted(_S.CONNS, _S.INPKTS, _S.OUTPKTS, _S.INBYTES, _S.OUTBYTES)
"""In the order of `Counters`."""
RATE_FIELDS = _counted(_S.CPS, _S.INPPS, _S.OUTPPS, _S.INBPS, _S.OUTBPS)
"""In the order of `Rates`."""

SERVICE_KEY_FIELDS = (
    _field(ServiceAttr.AF),
    _field(ServiceAttr.PROTOCOL, optional=True),
    _field(ServiceAttr.ADDR, text=True, optional=True),
    _field(ServiceAttr.PORT, optional=True),
    _field(ServiceAttr.FWMARK, optional=True),
)
SERVICE_FIELDS = (
    *SERVICE_KEY_FIELDS,
    _field(ServiceAttr.SCHED_NAME, text=True),
    _field(ServiceAttr.FLAGS, text=True),
    _field(ServiceAttr.TIMEOUT),
    _field(ServiceAttr.NETMASK, text=True),
    _field(ServiceAttr.PE_NAME, text=True, optional=True),
)

# Kernels before 3.18 send no family, those before 5.2 and 5.3 nothing of tunnels.
_SERVER_KEY_FIELDS = (
    _field(DestAttr.ADDR, text=True),
    _field(DestAttr.PORT),
    _field(DestAttr.ADDR_FAMILY, optional=True),
)
SERVER_FIELDS = (
    *_SERVER_KEY_FIELDS,
    _field(DestAttr.FWD_METHOD),
    _field(DestAttr.WEIGHT),
    _field(DestAttr.U_THRESH),
    _field(DestAttr.L_THRESH),
    _field(DestAttr.TUN_TYPE, optional=True),
    _field(DestAttr.TUN_PORT, optional=True),
    _field(DestAttr.TUN_FLAGS, optional=True),
)
SERVER_COUNTER_FIELDS = (
    *_SERVER_KEY_FIELDS,
    _field(DestAttr.WEIGHT),
    _field(DestAttr.ACTIVE_CONNS),
    _field(DestAttr.INACT_CONNS),
    _field(DestAttr.PERSIST_CONNS),
    *TOTAL_FIELDS,
)
SERVER_RATE_FIELDS = (*_SERVER_KEY_FIELDS, *RATE_FIELDS)
