-- Mark a partition complete, unless it was emptied after this rebuild began.
-- KEYS: meta
-- ARGV: token, watermark
if redis.call('HGET', KEYS[1], 'rebuild') ~= ARGV[1] then
    return 0
end
redis.call('HDEL', KEYS[1], 'rebuild')
redis.call('HSET', KEYS[1], 'watermark', ARGV[2])
return 1
