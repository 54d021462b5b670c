"""Polling checker: reads through two API processes are compared with a model, while parts fail and players change."""
