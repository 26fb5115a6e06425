"""Property tests that neither hurry nor fail because the machine is busy."""

from hypothesis import HealthCheck, settings

from tests.lvs.played_host import host  # noqa: F401  (fixture)

settings.register_profile(
    "lvs", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lvs")
