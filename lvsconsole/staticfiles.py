"""Which static files are served, and under which names."""

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class ConsoleStaticFiles(StaticFilesConfig):
    """Leaves out what no page uses: variants of Tabler's style sheet (9 MB of 10), of htmx and uPlot."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        *("tabler-*", "tabler.css*", "*.rtl.*"),
        *("ext", "htmx.js", "uPlot.iife.js", "*.amd.js", "*.cjs.js", "*.esm.js", "*.d.ts"),
    ]


class ConsoleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Names hold a hash of the content, also where one script imports another: after an update no
    browser runs a new script with an old part."""

    support_js_module_import_aggregation = True
