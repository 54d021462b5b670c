-- Notes that a catch-up has finished, unless another one began since or the note of it was lost.
-- KEYS: catch-ups
-- ARGV: token
if redis.call('HGET', KEYS[1], 'begun') ~= ARGV[1] then
    return 0
end
redis.call('HSET', KEYS[1], 'finished', ARGV[1])
return 1
