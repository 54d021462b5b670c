-- Delete erasures whose revisions are not higher than the given ones.
-- KEYS: erasures
-- ARGV: for each player: id, value (revision (7), flags (1))
for i = 1, #ARGV, 2 do
    local old = redis.call('HGET', KEYS[1], ARGV[i])
    if old and struct.unpack('>I7', old) <= struct.unpack('>I7', ARGV[i + 1]) then
        redis.call('HDEL', KEYS[1], ARGV[i])
    end
end
return 1
