-- End the present generation of a partition's log, and delete the oldest one.
-- KEYS: ranges (see call.lua). ARGV: the generation, number of earlier generations to keep.
-- Returns the moves of the generation. A repeated call changes nothing.
if redis.call('HGET', KEYS[1], 'open') == ARGV[1] then
    redis.call('HSET', KEYS[1], 'open', ARGV[1] + 1)
    redis.call('DEL', KEYS[1] .. '.log.' .. ARGV[1] - ARGV[2])
end
return redis.call('GET', KEYS[1] .. '.log.' .. ARGV[1]) or ''
