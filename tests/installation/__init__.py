"""docs/production.md, followed word for word in an empty Debian root: `make test-installation`."""
