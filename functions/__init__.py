"""The deployable functions, one module each. `local` serves all of them in one application."""
