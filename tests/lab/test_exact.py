"""Everything that IPVS can hold, on a real kernel: it runs on the director itself, see `inside/`."""

from tests.lab.test_kernel import run_inside


def test_any_table_of_the_full_object_model_on_the_director(clean_ipvs):
    run_inside(clean_ipvs, "check_full_model.py")


def test_counters_are_zeroed_on_the_director(clean_ipvs):
    run_inside(clean_ipvs, "check_zero.py")
