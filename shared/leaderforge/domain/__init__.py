"""What a leaderboard is, without I/O: order, standings, sharding, merging, statistics."""
