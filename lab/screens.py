"""`make screens`: the picture of the README, from a console that is really running."""

import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from lab.demo import open_accounts, open_cluster
from lab.parts import end_on_signals
from lab.stack import ROOT, Stack

PICTURE = ROOT / "docs" / "img" / "live.png"
WATCH_SECONDS = 100.0


def main() -> None:
    """Start a console on data of its own, watch it for a while, take the picture."""
    end_on_signals()
    with tempfile.TemporaryDirectory(prefix="lvs-screens-") as folder, Stack(Path(folder)) as stack:
        accounts = open_accounts(stack)
        open_cluster(stack, accounts)
        password = json.loads(accounts.read_text())["vera"]["password"]
        take(stack.url, "vera", password)


def take(url: str, username: str, password: str, seconds: float = WATCH_SECONDS) -> None:
    """Sign in, watch the live page of cluster web for so long, store what it shows."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        page = browser.new_page(
            viewport={"width": 1440, "height": 900}, color_scheme="light", device_scale_factor=1.5
        )
        page.goto(f"{url}/sign-in/")
        page.get_by_label("Sign-in name").or_(page.locator("[name=username]")).first.fill(username)
        page.locator("[name=password]").fill(password)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{url}/")
        page.goto(f"{url}/clusters/web/")
        time.sleep(seconds)
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
