"""What a table needs of the kernel's modules, before anything is written."""

import pytest

from lvs.doctor.host import Modules
from lvs.kernel_parts import missing_parts
from lvs.model import EMPTY
from tests.lvs.examples import WEB, marked, table_of

HERE = Modules(loaded=frozenset({"ip_vs_rr"}), loadable=frozenset({"ip_vs_wrr"}), known=True)


@pytest.fixture
def modules(monkeypatch, tmp_path):
    """Sets what this kernel's lists of modules say."""
    monkeypatch.setattr("lvs.kernel_parts._MODULES", tmp_path)

    def be(modules):
        monkeypatch.setattr("lvs.doctor.modules.read_modules_here", lambda: modules)

    be(HERE)
    return be


def test_what_is_loaded_or_can_be_is_not_missing(modules):
    wanted = table_of(WEB._replace(scheduler="rr"), marked(4, scheduler="wrr"))
    assert missing_parts(wanted, EMPTY) == []


def test_a_scheduler_that_is_nowhere_is_missing(modules):
    (sentence,) = missing_parts(table_of(marked(4, scheduler="sed")), EMPTY)
    assert sentence.startswith("This kernel has no ip_vs_sed: fwmark 4 can't be made without it")


def test_a_persistence_engine_that_is_nowhere_is_missing(modules):
    sip = WEB._replace(protocol="udp", persistence=60, persistence_engine="sip")
    (sentence,) = missing_parts(table_of(sip), EMPTY)
    assert sentence.startswith("This kernel has no ip_vs_pe_sip: udp ")


def test_what_the_kernel_holds_already_is_there(modules):
    found = table_of(marked(4, scheduler="sed"))
    assert (
        missing_parts(table_of(marked(4, scheduler="sed"), marked(5, scheduler="sed")), found) == []
    )


def test_what_is_loaded_needs_no_lists(modules, tmp_path):
    modules(Modules(known=True))
    (tmp_path / "ip_vs_sed").mkdir()
    assert missing_parts(table_of(marked(4, scheduler="sed")), EMPTY) == []


def test_where_modules_can_not_be_read_nothing_is_said(modules):
    modules(Modules())
    assert missing_parts(table_of(marked(4, scheduler="sed")), EMPTY) == []


def test_a_scheduler_that_linux_does_not_have_is_left_to_the_kernel(modules):
    assert missing_parts(table_of(marked(4, scheduler="ours")), EMPTY) == []


def test_a_kernel_that_takes_no_further_module_lacks_what_is_not_loaded(modules):
    modules(HERE._replace(locked=True))
    (sentence,) = missing_parts(table_of(marked(4, scheduler="wrr")), EMPTY)
    assert sentence.startswith("ip_vs_wrr is not loaded: ")
