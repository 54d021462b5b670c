-- Read the standings and names of players in a partition.
-- KEYS: meta, standings, names
-- ARGV: player ids...
-- Returns standings and names, each with false for a missing one; only false if the partition is incomplete.
if redis.call('HEXISTS', KEYS[1], 'watermark') == 0 then
    return false
end
return { redis.call('HMGET', KEYS[2], unpack(ARGV)), redis.call('HMGET', KEYS[3], unpack(ARGV)) }
