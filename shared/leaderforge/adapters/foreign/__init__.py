"""Readers of foreign boards in databases. No reader writes."""
