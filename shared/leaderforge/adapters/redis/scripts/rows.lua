-- Reads what a partition holds of some players.
-- KEYS: meta, standings, names
-- ARGV: users...
-- Returns their standings and names, false for what is missing; false if the partition is incomplete.
if redis.call('HEXISTS', KEYS[1], 'watermark') == 0 then
    return false
end
return { redis.call('HMGET', KEYS[2], unpack(ARGV)), redis.call('HMGET', KEYS[3], unpack(ARGV)) }
