-- Return whether the server refuses all writes: a standby, or a server that is set to read only.
select pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean as read_only;
