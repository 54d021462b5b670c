"""Servers from Python wheels, for one machine: a Valkey cluster and PostgreSQL, without containers or root."""

from leaderforge.embedded.errors import AlreadyRunning, ServerFailed
from leaderforge.embedded.postgres import PostgresServer
from leaderforge.embedded.valkey import ValkeyCluster

__all__ = ["AlreadyRunning", "PostgresServer", "ServerFailed", "ValkeyCluster"]
