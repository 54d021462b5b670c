-- `subscore_name` is the name that readers see beside a board's subscores. Null means the reader's word for subscore.

alter table boards add column subscore_name text;
