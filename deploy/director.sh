#!/bin/sh
# A director in a container: its addresses, its enrolment, then its agent.
set -eu
config=/var/lib/lvsconsole/agent.toml
# The service address belongs to one director at a time; VIP is empty on the one that stands by.
[ -z "${VIP:-}" ] || ip address replace "$VIP/32" dev lo
until [ -s "$config" ]; do
    if [ -r "$INVITATION" ]; then
        python -m lvs.agent enrol --config "$config" - <"$INVITATION" && break
    else
        echo "waiting for $INVITATION: the service “invitations” writes it"
    fi
    sleep 2
done
exec python -m lvs.agent --config "$config"
