"""Recording of a small store that version 0.1.0 made, and of the answers of version 0.1.0."""
