"""Compiles every template of the project: a typo in a rarely seen page is found here."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lvsconsole.settings")

import django

django.setup()

from django.template import TemplateSyntaxError, engines  # noqa: E402  (needs the set-up)
from django.template.utils import get_app_template_dirs  # noqa: E402


def main() -> int:
    """Print what does not compile; 1 if anything, or if there is nothing to compile."""
    base = Path(__file__).resolve().parent.parent
    folders = [base / "templates", *map(Path, get_app_template_dirs("templates"))]
    own = [folder for folder in folders if base in folder.parents and ".venv" not in folder.parts]
    engine = engines["django"]
    wrong = total = 0
    for folder in own:
        for path in sorted(folder.rglob("*.html")):
            total += 1
            try:
                engine.get_template(str(path.relative_to(folder)))
            except TemplateSyntaxError as error:
                wrong += 1
                print(f"{path.relative_to(base)}: {error}")
    print(f"{total} templates, {wrong} wrong")
    return int(bool(wrong) or not total)


if __name__ == "__main__":
    sys.exit(main())
