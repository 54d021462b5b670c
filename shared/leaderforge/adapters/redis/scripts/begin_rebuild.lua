-- Empty a partition and store the token of its rebuild. Without a watermark it is incomplete.
-- KEYS: meta, keys to empty...
-- ARGV: token
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'rebuild', ARGV[1])
for i = 2, #KEYS do
    redis.call('UNLINK', KEYS[i])
end
return 1
