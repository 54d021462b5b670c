-- Replace meta by the token of a partition's rebuild. Without a watermark, the partition is incomplete.
-- KEYS: meta
-- ARGV: token
redis.call('UNLINK', KEYS[1])
redis.call('HSET', KEYS[1], 'rebuild', ARGV[1])
return 1
