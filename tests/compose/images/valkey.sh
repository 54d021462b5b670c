[ "$1" != valkey-server ] || set -- "$@" --protected-mode no
exec "$@"
