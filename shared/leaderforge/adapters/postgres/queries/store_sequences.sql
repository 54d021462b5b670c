-- Returns the columns of the store whose values come from a sequence.
select
    tables.relname as name,
    columns.attname as column,
    pg_get_serial_sequence(quote_ident(tables.relname), columns.attname) as sequence
from pg_class tables
join pg_attribute columns on columns.attrelid = tables.oid
where tables.relnamespace = current_schema()::regnamespace
    and tables.relkind in ('r', 'p')
    and columns.attnum > 0
    and columns.attidentity <> ''
order by name;
