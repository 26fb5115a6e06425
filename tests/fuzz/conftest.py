"""The same examples in every run, few enough for a minute in all."""

from hypothesis import HealthCheck, settings

from tests.api.conftest import nobody_has_asked_before  # noqa: F401  (fixture)
from tests.web.conftest import every_write_is_recorded, signing_key  # noqa: F401  (fixtures)

settings.register_profile(
    "fuzz",
    parent=settings.get_profile("any"),
    derandomize=True,  # what it finds today it finds tomorrow, for everybody
    database=None,
    max_examples=40,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,  # tests set back what an example may have changed
    ],
)
