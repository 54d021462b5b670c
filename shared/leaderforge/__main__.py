"""The `leaderforge` command, where it is not installed: `python -m leaderforge`."""

from leaderforge.cli import main

if __name__ == "__main__":
    main()
