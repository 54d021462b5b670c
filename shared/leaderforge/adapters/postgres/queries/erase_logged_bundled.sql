-- Replaces the items of a player in bundles of the log by null. The first value of an item is the player's id.
update notice_log set body = (
    select json_agg(case when (item ->> 0)::bigint = $1 then null else item end order by number)::text
    from json_array_elements(body::json) with ordinality as items (item, number)
)
where type = 'bundle' and user_id = -9223372036854775808 and strpos(body, '[' || $1::bigint || ',') > 0;
