#!/bin/sh
# join-nodes.sh REPLICAS HOST:PORT...
#
# Form one cluster of the index's nodes, with this number of replicas per primary, or join the nodes of an earlier cluster
# again. Safe to repeat. Nodes remember each other by address, but containers get other addresses after a restart.
# REDISCLI_AUTH is the nodes' password, if they have one. VALKEY_CLI is the name of the client, by default valkey-cli.
set -eu

limit_s=60
replicas=$1
shift
nodes=$*

cli() {
    node=$1
    shift
    "${VALKEY_CLI:-valkey-cli}" -h "${node%:*}" -p "${node##*:}" "$@"
}

# `cluster meet` and `--cluster create` take addresses, not names.
address_of() {
    getent hosts "${1%:*}" | awk '{print $1; exit}'
}

knows_others() {
    cli "$1" cluster info | tr -d '\r' | grep -q '^cluster_known_nodes:\([2-9]\|[1-9][0-9]\)'
}

is_ok() {
    knows_others "$1" && cli "$1" cluster info | grep -q '^cluster_state:ok'
}

any() {
    for each in $nodes; do "$1" "$each" && return 0; done
    return 1
}

all() {
    for each in $nodes; do "$1" "$each" || return 1; done
}

create() {
    addresses=
    for each in $nodes; do
        # An interrupted creation leaves slots behind. The index is rebuilt from PostgreSQL, therefore nothing is lost.
        cli "$each" flushall >/dev/null
        cli "$each" cluster reset hard >/dev/null
        addresses="$addresses $(address_of "$each"):${each##*:}"
    done
    # It waits without a limit if the nodes cannot reach each other's cluster bus.
    # shellcheck disable=SC2086 # one argument per address
    timeout "$limit_s" "${VALKEY_CLI:-valkey-cli}" --cluster create --cluster-yes --cluster-replicas "$replicas" $addresses
}

meet() {
    for each in $nodes; do
        for other in $nodes; do
            [ "$each" = "$other" ] || cli "$each" cluster meet "$(address_of "$other")" "${other##*:}" >/dev/null
        done
    done
}

if any knows_others; then meet; else create; fi
waited_s=0
until all is_ok; do
    if [ "$waited_s" -ge "$limit_s" ]; then
        echo "error: the index's nodes have not formed a cluster within $limit_s s: $nodes" >&2
        exit 1
    fi
    sleep 1
    waited_s=$((waited_s + 1))
done
echo "the index's cluster is complete: $nodes"
