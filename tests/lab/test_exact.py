"""Everything that IPVS can hold, on a real kernel: it runs on the director itself, see `inside/`."""

from tests.lab.test_kernel import run_inside


def test_any_table_of_the_full_object_model_on_the_director(clean_ipvs):
    run_inside(clean_ipvs, "check_full_model.py")


def test_counters_are_zeroed_on_the_director(clean_ipvs):
    run_inside(clean_ipvs, "check_zero.py")


def test_edits_in_place_drop_no_connection_on_the_director(clean_ipvs):
    run_inside(clean_ipvs, "check_live_connections.py")


def test_rules_and_kernel_agree_on_the_director(clean_ipvs):
    run_inside(clean_ipvs, "check_rules_agree.py", "check_slipped.py")
