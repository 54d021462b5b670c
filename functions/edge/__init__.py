"""What the functions share: the wire shapes, errors, keys, and how requests become calls."""
