"""Files of a production on one machine or in containers."""
