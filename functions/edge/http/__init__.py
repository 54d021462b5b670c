"""HTTP: dispatch of requests to handlers, and conversion of results and errors to responses."""
