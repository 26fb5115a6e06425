"""What `Kernel.zero` makes of a kernel that refuses; the rest stands in tests/lab/inside/check_zero.py."""

from errno import EINVAL, EPERM, ESRCH

import pytest

from lvs.errors import LvsError, NotPermitted
from lvs.netlink.kernel import Kernel
from tests.lvs.examples import WEB


def zero(errno, key=None):
    class Transport:
        def batch(self, family, commands, on_verdict):
            on_verdict(0, errno)

    kernel = Kernel()
    kernel._transport = Transport()
    kernel.zero(key)


def test_what_is_done_is_no_error():
    zero(0)


def test_without_the_right_it_says_what_is_needed():
    with pytest.raises(NotPermitted, match="CAP_NET_ADMIN"):
        zero(EPERM)


def test_a_service_that_is_not_there_is_named():
    with pytest.raises(LvsError, match=f"There is no service {WEB.key}"):
        zero(ESRCH, WEB.key)


def test_any_other_refusal_is_in_the_kernels_words():
    with pytest.raises(LvsError, match="counters to zero: Invalid argument"):
        zero(EINVAL)
