"""Where measurements and logs go: Prometheus, New Relic, standard output."""
