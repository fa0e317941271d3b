#!/bin/sh
# As process 1 the web server would not hear SIGTERM, so that every stop would take the whole grace period.
# -v: each request is a line of the log.
httpd -f -v -p "$PORT" -h /www &
server=$!
trap 'kill "$server"' TERM INT
wait "$server"
