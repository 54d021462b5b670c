-- Counts a partition's entries, and those above each bound.
-- KEYS: meta, entries
-- ARGV: bounds...
-- Returns the total, then a count a bound; false if the partition is incomplete.
if redis.call('HEXISTS', KEYS[1], 'watermark') == 0 then
    return false
end
local counts = { redis.call('ZCARD', KEYS[2]) }
for i = 1, #ARGV do
    counts[i + 1] = redis.call('ZLEXCOUNT', KEYS[2], '-', '(' .. ARGV[i])
end
return counts
