-- Store erasures. Keep an erasure with a higher revision.
-- KEYS: erasures
-- ARGV: for each player: id, value (revision (7), flags (1))
for i = 1, #ARGV, 2 do
    local old = redis.call('HGET', KEYS[1], ARGV[i])
    if not old or struct.unpack('>I7', old) < struct.unpack('>I7', ARGV[i + 1]) then
        redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
    end
end
return 1
