"""The deployable functions, one per module. `local` serves all of them in one application."""
