-- Returns the tables of the store that hold data, with their stored columns. `after` is the number of tables that must
-- be filled before the table of the row.
select
    tables.relname as name,
    (select array_agg(columns.attname::text order by columns.attnum)
        from pg_attribute columns
        where columns.attrelid = tables.oid and columns.attnum > 0
            and not columns.attisdropped and columns.attgenerated = '') as columns,
    (select count(*)
        from pg_constraint keys
        where keys.conrelid = tables.oid and keys.contype = 'f') as after
from pg_class tables
where tables.relnamespace = current_schema()::regnamespace
    and tables.relkind in ('r', 'p')
    and tables.relname not in ('schema_migrations', 'store_copies')
    and not exists (
        select from pg_depend dependencies
        where dependencies.classid = 'pg_class'::regclass and dependencies.objid = tables.oid
            and dependencies.deptype = 'e'
    )
order by after, name;
