-- Returns the values of these attributes (comma-separated names), null for each one that is not a text of 1 to 64
-- characters. `segment_values` in domain/segments.py computes the same. On Citus, a function must be created before
-- tables are altered in the same transaction.

create or replace function segments_of(attributes jsonb, names text) returns text[]
language sql immutable strict parallel safe
as $$
    select array_agg(
        case
            when jsonb_typeof(attributes -> name) = 'string' and char_length(attributes ->> name) between 1 and 64
            then attributes ->> name
        end
        order by position
    )
    from unnest(string_to_array(names, ',')) with ordinality as listed (name, position)
$$;

-- `segments` of a board has the names of the attributes that divide its players into segments, comma-separated. Null
-- means none.

alter table boards add column segments text;
