"""Leaderboard rules without I/O: order, standings, periods, sharding, merging, statistics."""
