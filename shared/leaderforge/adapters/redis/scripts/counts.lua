-- Count all entries of a partition, and the entries above each bound.
-- KEYS: meta, entries
-- ARGV: pairs of a length and the concatenated bounds of that length
-- Returns the total, then one count a bound; false if the partition is incomplete.
if redis.call('HEXISTS', KEYS[1], 'watermark') == 0 then
    return false
end
local counts = { redis.call('ZCARD', KEYS[2]) }
for i = 1, #ARGV, 2 do
    local length, bounds = tonumber(ARGV[i]), ARGV[i + 1]
    for at = 1, #bounds, length do
        counts[#counts + 1] = redis.call('ZLEXCOUNT', KEYS[2], '-', '(' .. string.sub(bounds, at, at + length - 1))
    end
end
return counts
