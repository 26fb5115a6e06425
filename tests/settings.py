"""The console's settings for tests: real parts, throw-away data.

A choice of the caller wins: LVS_DATABASE_URL names the PostgreSQL of the second half of `make test`.
"""

import os
import tempfile

from tests.ports import free_port

if "LVS_TEST_DATA" not in os.environ:  # a process that a test starts shares its parent's
    DATA = tempfile.TemporaryDirectory(prefix="lvs-test-")  # gone with this process
    os.environ["LVS_TEST_DATA"] = os.environ["LVS_DATA_DIR"] = DATA.name
    # The fixture `redis_server` starts a server on this port; without it nothing listens there.
    # Never the one that the caller's environment names: tests empty it.
    os.environ["LVS_REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"
os.environ.setdefault("LVS_DEBUG", "yes")

from lvsconsole.settings import *  # noqa: F403
from lvsconsole.settings import DATABASES, STORAGES

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in production, so that locks and other processes behave as there.
    DATABASES["default"]["TEST"] = {"NAME": f"{os.environ['LVS_TEST_DATA']}/test.sqlite3"}

# Pages name static files without a manifest, so that tests need no collectstatic;
# `make check` collects them with the manifest.
STATIC_ROOT = os.environ["LVS_TEST_DATA"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True  # a browser at a live server gets them too

# The same algorithm with small costs.
PASSWORD_HASHERS = ["tests.settings_hasher.QuickArgon2PasswordHasher"]
