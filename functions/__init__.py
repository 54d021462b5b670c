"""The deployable functions, one module each; `local` is all of them in one application."""
