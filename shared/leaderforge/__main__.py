"""The `leaderforge` command; `python -m leaderforge` where it is not installed."""

import signal


def run() -> None:
    """Run the command that the arguments name."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        # Ctrl-C during the imports ends the process without a traceback out of one of them.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from leaderforge.cli import main

    signal.signal(signal.SIGINT, handler)
    main()


if __name__ == "__main__":
    run()
