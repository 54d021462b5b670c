"""Clients that change and read a board of a deployment, and the checker of its answers."""
