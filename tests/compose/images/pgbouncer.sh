set -eu
cd /etc/pgbouncer
echo "\"$DB_USER\" \"$DB_PASSWORD\"" > users
cat > pgbouncer.ini <<INI
[databases]
$DB_NAME = host=$DB_HOST port=5432 auth_user=$DB_USER
[pgbouncer]
listen_addr = 0.0.0.0
listen_port = $LISTEN_PORT
unix_socket_dir =
auth_file = /etc/pgbouncer/users
auth_type = $AUTH_TYPE
pool_mode = $POOL_MODE
default_pool_size = $DEFAULT_POOL_SIZE
max_client_conn = $MAX_CLIENT_CONN
ignore_startup_parameters = $IGNORE_STARTUP_PARAMETERS
server_login_retry = ${SERVER_LOGIN_RETRY:-15}
INI
exec pgbouncer pgbouncer.ini
