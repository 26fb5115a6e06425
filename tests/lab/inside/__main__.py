"""Run these tests here and now: they change this host's IPVS table."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PLUGINS = ("django", "playwright", "asyncio", "cacheprovider", "anyio", "base_url")

if __name__ == "__main__":
    names = sys.argv[1:] or [HERE]
    options = [f"--config-file={HERE / 'pytest.ini'}", f"--confcutdir={HERE}", f"--rootdir={HERE}"]
    options += [option for plugin in PLUGINS for option in ("-p", f"no:{plugin}")]
    sys.exit(pytest.main([*options, *map(str, names)]))
