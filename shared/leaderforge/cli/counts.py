"""Numbers of things in the output of commands."""


def counted(count: int, noun: str) -> str:
    """Return a number and its noun, such as `1 partition` or `3,000 keys`. The noun forms its plural with `s`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
