-- Deletes the notices which tell other players that this player has passed them. A search of the text costs less than
-- parsing each body.
delete from notice_log
where
    type = 'player.overtaken'
    and (
        strpos(body, '"overtaken_by": ' || $1::bigint || ',') > 0
        or strpos(body, '"overtaken_by": ' || $1::bigint || '}') > 0
    );
