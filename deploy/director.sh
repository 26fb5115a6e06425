#!/bin/sh
# A director in a container: its addresses, then its agent.
set -eu
# The service address belongs to one director at a time; VIP is empty on the one that stands by.
[ -z "${VIP:-}" ] || ip address replace "$VIP/32" dev lo
until [ -r "$AGENT_CONFIG" ]; do
    echo "waiting for $AGENT_CONFIG: the service “setup” writes it"
    sleep 2
done
exec python -m lvs.agent --config "$AGENT_CONFIG"
