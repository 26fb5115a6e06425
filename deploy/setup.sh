#!/bin/sh
# Before the console starts: the database, the signing key, and the directors with their configuration.
set -eu
python manage.py migrate --no-input
python manage.py signing_key
for name in director1 director2; do
    [ -s "/agents/$name/agent.toml" ] && continue
    mkdir -p "/agents/$name"
    python manage.py enrol_director "$name" --output "/agents/$name/agent.toml"
done
