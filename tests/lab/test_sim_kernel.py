"""What the fault campaign takes for a kernel behaves as the real one: see `inside/`."""

from tests.lab.test_kernel import run_inside


def test_the_kernel_of_histories_answers_as_the_real_one(clean_ipvs):
    run_inside(clean_ipvs, "check_sim_kernel.py")
