#!/bin/sh
# manage.py with the settings of the console's units, as the user that runs them:
#   sudo deploy/manage.sh COMMAND …
# signing_key runs as the worker, whose key it is. Call it as root, on the console's host.
set -eu
cd "$(dirname "$0")/.."
case ${1-} in
    signing_key) user=lvsconsole-worker ;;
    *) user=lvsconsole ;;
esac
# shellcheck disable=SC2016  # the inner shell, which may read the settings, expands them
exec runuser -u "$user" -- sh -c 'set -a; . "$1"; set +a; shift; exec .venv/bin/python manage.py "$@"' \
    manage.sh "${LVS_ENV_FILE:-/etc/lvsconsole/console.env}" "$@"
