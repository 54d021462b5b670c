"""Foreign boards: leaderboards of other services, and their rows as a file that the import reads."""
