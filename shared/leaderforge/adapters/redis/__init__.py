"""The rank index on Redis Cluster or Valkey."""
