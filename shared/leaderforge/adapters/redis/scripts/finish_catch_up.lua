-- Store that a catch-up has finished, unless another catch-up began meanwhile or the index lost the token.
-- KEYS: catch-ups
-- ARGV: token
if redis.call('HGET', KEYS[1], 'begun') ~= ARGV[1] then
    return 0
end
redis.call('HSET', KEYS[1], 'finished', ARGV[1])
return 1
