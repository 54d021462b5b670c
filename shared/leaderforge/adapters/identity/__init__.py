"""Identity providers of people."""
