"""keepalived and ldirectord as witnesses of how their files are read and written: see `inside/`."""

from tests.lab.test_kernel import run_inside


def test_keepalived_makes_the_table_that_we_read(clean_ipvs):
    run_inside(clean_ipvs, "check_keepalived.py")


def test_ldirectord_makes_the_table_that_we_read(clean_ipvs):
    run_inside(clean_ipvs, "check_ldirectord.py")


def test_ipvsadm_restores_what_we_write(clean_ipvs):
    run_inside(clean_ipvs, "check_restore.py")
