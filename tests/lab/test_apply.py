"""`apply_table` on a real kernel: it runs on the director itself, see `inside/`."""

from tests.lab.test_kernel import run_inside


def test_apply_on_the_director(clean_ipvs):
    run_inside(clean_ipvs, "check_apply.py", "check_apply_moved.py", "check_apply_killed.py")


def test_what_a_reboot_lost_comes_back(clean_ipvs):
    run_inside(clean_ipvs, "check_reboot.py")
