-- Delete erasures. A stored erasure with a higher revision than the revision in ARGV stays.
-- KEYS: meta
-- ARGV: for each player: id, value (revision (7), flags (1))
for i = 1, #ARGV, 2 do
    local field = 'erasure:' .. ARGV[i]
    local old = redis.call('HGET', KEYS[1], field)
    if old and struct.unpack('>I7', old) <= struct.unpack('>I7', ARGV[i + 1]) then
        redis.call('HDEL', KEYS[1], field)
    end
end
local others = redis.call('HEXISTS', KEYS[1], 'watermark') + redis.call('HEXISTS', KEYS[1], 'rebuild')
if redis.call('HLEN', KEYS[1]) == others + 1 then
    redis.call('HDEL', KEYS[1], 'erasures')
end
return 1
