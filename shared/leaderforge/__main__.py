"""The `leaderforge` command; `python -m leaderforge` where the command is not installed."""

import signal


def run() -> None:
    """Run the command in the arguments."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        # Ctrl-C during the imports must not print a traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from leaderforge.cli import main

    signal.signal(signal.SIGINT, handler)
    main()


if __name__ == "__main__":
    run()
