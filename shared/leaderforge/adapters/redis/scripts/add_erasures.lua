-- Store erasures. A stored erasure with an equal or higher revision stays.
-- KEYS: meta
-- ARGV: for each player: id, value (revision (7), flags (1))
-- Erasures are fields of meta. A separate key would mostly be missing, and while a slot moves, a cluster refuses
-- scripts that use both a missing key and an existing key. The field 'erasures' exists if there are any erasures. Its
-- long value makes the server store meta as a hash table, because a list would slow down every read.
redis.call('HSET', KEYS[1], 'erasures', string.rep('-', 65))
for i = 1, #ARGV, 2 do
    local field = 'erasure:' .. ARGV[i]
    local old = redis.call('HGET', KEYS[1], field)
    if not old or struct.unpack('>I7', old) < struct.unpack('>I7', ARGV[i + 1]) then
        redis.call('HSET', KEYS[1], field, ARGV[i + 1])
    end
end
return 1
