"""LeaderForge: a sharded leaderboard service."""

__version__ = "0.2.0"
