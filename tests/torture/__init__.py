"""The polling checker: reads through two API processes, compared with a model, while parts fail and players change."""
