"""HTTP: from requests to handlers, and from results and errors to responses."""
