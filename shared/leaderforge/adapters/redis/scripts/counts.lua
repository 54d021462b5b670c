-- Count all entries of a partition, and the entries above each bound.
-- KEYS: meta, entries
-- ARGV: length of an entry, concatenated entries that must be there, pairs of a length and the concatenated bounds of
-- that length. A bound is an argument of ZLEXCOUNT, and begins with '('.
-- Returns 1 if the entries are there, else 0; the total; one count per bound. Returns false for an incomplete
-- partition.
if redis.call('HEXISTS', KEYS[1], 'watermark') == 0 then
    return false
end
local width, present = tonumber(ARGV[1]), ARGV[2]
local counts = { 1, redis.call('ZCARD', KEYS[2]) }
for at = 1, #present, width do
    if not redis.call('ZSCORE', KEYS[2], string.sub(present, at, at + width - 1)) then
        counts[1] = 0
    end
end
for i = 3, #ARGV, 2 do
    local length, bounds = tonumber(ARGV[i]), ARGV[i + 1]
    for at = 1, #bounds, length do
        counts[#counts + 1] = redis.call('ZLEXCOUNT', KEYS[2], '-', string.sub(bounds, at, at + length - 1))
    end
end
return counts
