#!/bin/sh
# Health check of PgBouncer. It restarts PgBouncer if the address of the database has changed, as it may when the
# database's container restarts: PgBouncer remembers an address for the 10 minutes that the engine's name server allows.
address=$(getent hosts "$DB_HOST" | cut -d' ' -f1)
before=$(cat /tmp/address 2>/dev/null)
if [ -n "$address" ] && [ "$address" != "$before" ]; then
    echo "$address" >/tmp/address
    [ -z "$before" ] || kill -QUIT 1 # unlike TERM, without waiting for clients
fi
exec pg_isready --host=127.0.0.1 --port=6432 --username=leaderforge --dbname=leaderforge
