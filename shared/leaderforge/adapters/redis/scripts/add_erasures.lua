-- Store erasures. Do not replace equal or higher revisions.
-- KEYS: meta
-- ARGV: for each player: id, value (revision (7), flags (1))
-- Erasures are fields of meta. A key of their own would mostly be missing, and while a slot moves, a cluster refuses
-- scripts with a missing key beside existing keys. The field 'erasures' exists if there are any erasures. Its value is
-- long, because this makes the server store the hash as a table. As a list, the hash would slow down every read.
redis.call('HSET', KEYS[1], 'erasures', string.rep('-', 65))
for i = 1, #ARGV, 2 do
    local field = 'erasure:' .. ARGV[i]
    local old = redis.call('HGET', KEYS[1], field)
    if not old or struct.unpack('>I7', old) < struct.unpack('>I7', ARGV[i + 1]) then
        redis.call('HSET', KEYS[1], field, ARGV[i + 1])
    end
end
return 1
