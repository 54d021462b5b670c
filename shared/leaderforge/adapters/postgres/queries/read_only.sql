-- Returns whether the server refuses all writes, as a standby or by its setting.
select pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean as read_only;
