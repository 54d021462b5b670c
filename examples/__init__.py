"""Examples for games that use LeaderForge."""
