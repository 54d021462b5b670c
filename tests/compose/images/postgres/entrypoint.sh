# As the entrypoint of the real image: a temporary server behind a Unix socket creates the database, then the server runs.
set -euo pipefail
data=/var/lib/postgresql/data
[[ $1 == postgres ]] || exec "$@"
export HOME=/var/lib/postgresql # as the real one does: Citus's connections look for certificates there
as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
chown postgres "$data"
chmod 700 "$data"
if ! as_postgres test -s "$data/PG_VERSION"; then
    password=/tmp/password
    printf %s "$POSTGRES_PASSWORD" | as_postgres tee "$password" >/dev/null
    as_postgres initdb --pgdata="$data" --username="$POSTGRES_USER" --pwfile="$password" --encoding=UTF8 --locale=C.UTF-8 \
        --auth-host=scram-sha-256 --auth-local=trust
    echo 'host all all all scram-sha-256' | as_postgres tee -a "$data/pg_hba.conf" >/dev/null
    [[ ! -e /opt/postgresql/lib/citus.so ]] || echo "shared_preload_libraries = 'citus'" | as_postgres tee -a "$data/postgresql.conf" >/dev/null
    as_postgres pg_ctl --pgdata="$data" --options="-c listen_addresses=''" --wait start
    sleep "${SETUP_S:-6}" # a slow disk: health checks must not take the temporary server for the real one
    psql --username="$POSTGRES_USER" --command="create database \"$POSTGRES_DB\"" postgres
    [[ ! -e /opt/postgresql/lib/citus.so ]] || psql --username="$POSTGRES_USER" --command="create extension citus" "$POSTGRES_DB"
    as_postgres pg_ctl --pgdata="$data" --mode=fast --wait stop
fi
exec setpriv --reuid=postgres --regid=postgres --init-groups postgres -D "$data" -c listen_addresses='*'
