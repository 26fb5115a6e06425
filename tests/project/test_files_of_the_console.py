"""What the console leaves on disk by itself."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_folder_of_the_embedded_database_is_nobody_elses(tmp_path):
    data = tmp_path / "data"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LVS_")}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"],
        cwd=ROOT,
        env=kept
        | {"LVS_DATA_DIR": str(data), "LVS_DEBUG": "yes"}
        | {"DJANGO_SETTINGS_MODULE": "lvsconsole.settings"},
        check=True,
    )
    assert (data / "console.sqlite3").exists()
    assert oct(data.stat().st_mode & 0o777) == "0o700"
