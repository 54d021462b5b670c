-- Replaces the items of a player in bundles of the outbox by null. The first value of an item is the player's id.
update outbox set data = (
    select json_agg(case when (item ->> 0)::bigint = $1 then null else item end order by number)::text
    from json_array_elements(data::json) with ordinality as items (item, number)
)
where type = 'bundle' and strpos(data, '[' || $1::bigint || ',') > 0;
