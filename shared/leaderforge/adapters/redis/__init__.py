"""Rank index on Redis Cluster or Valkey."""
