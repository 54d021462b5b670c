-- Store erasures, unless there are some of higher revisions.
-- KEYS: meta
-- ARGV: for each player: id, value (revision (7), flags (1))
-- Erasures are fields of meta, since a key of their own would mostly be missing: while a slot moves, a cluster runs no
-- script that has a missing key beside existing ones.
-- The field 'erasures' exists if there are any. Its length makes the hash a table: a list would slow down every read.
redis.call('HSET', KEYS[1], 'erasures', string.rep('-', 65))
for i = 1, #ARGV, 2 do
    local field = 'erasure:' .. ARGV[i]
    local old = redis.call('HGET', KEYS[1], field)
    if not old or struct.unpack('>I7', old) < struct.unpack('>I7', ARGV[i + 1]) then
        redis.call('HSET', KEYS[1], field, ARGV[i + 1])
    end
end
return 1
