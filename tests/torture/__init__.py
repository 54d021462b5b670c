"""Polling checker. It compares reads through two API processes with a model, while parts fail and players change."""
