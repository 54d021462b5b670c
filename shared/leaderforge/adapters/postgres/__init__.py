"""The stores on PostgreSQL, plain or distributed by Citus: one schema, one set of statements."""
