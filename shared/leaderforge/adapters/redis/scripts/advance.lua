-- Raise the watermark of a complete partition. An incomplete partition stays incomplete.
-- KEYS: meta
-- ARGV: watermark
local old = redis.call('HGET', KEYS[1], 'watermark')
if old and tonumber(old) < tonumber(ARGV[1]) then
    redis.call('HSET', KEYS[1], 'watermark', ARGV[1])
end
return 1
