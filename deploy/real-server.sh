#!/bin/sh
# A real server in a container: answers with its own name, and replies by way of its director.
set -eu
ip route replace default via "$GATEWAY"
exec python -c 'import os; from lab.webserver import WebServer; WebServer(os.environ["NAME"]).serve()'
