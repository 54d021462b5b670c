-- Deletes the notices which report to other players that the player $1 has passed them. A search of the text costs less
-- than parsing each body.
delete from notice_log
where
    type = 'player.overtaken'
    and (
        strpos(body, '"overtaken_by": ' || $1::bigint || ',') > 0
        or strpos(body, '"overtaken_by": ' || $1::bigint || '}') > 0
    );
