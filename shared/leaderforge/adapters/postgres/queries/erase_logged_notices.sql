-- Erases the notices about a player, and their deliveries. Their rows stay, as bundles without items: the log then still
-- has its ends, and a client that has read the notices can continue after them.
with copies as (
    delete from notice_log where user_id = $1 and size = 0
), erased as (
    update notice_log set
        origin = 'erased:' || position, user_id = -9223372036854775808, type = 'bundle', board = '', ladders = '{}',
        body = '[]'
    where user_id = $1 and size > 0
    returning position
)
delete from deliveries where position in (select position from erased);
