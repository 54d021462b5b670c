"""Adapters for metrics and logs: Prometheus, New Relic, CloudWatch, standard output."""
