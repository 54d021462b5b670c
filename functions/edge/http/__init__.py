"""HTTP: requests become calls, and results and errors become responses."""
