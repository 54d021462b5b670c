"""The stores on PostgreSQL, plain or distributed by Citus. Both have the same schema and statements."""
