-- Read a partition's entries on both sides of a bound, with their standings and names.
-- KEYS: meta, entries, standings, names
-- ARGV: bound (empty: before all), maximum entries above it, maximum entries at and below it
-- Returns the total, the number above the bound, the number of returned entries above it, then entries, standings and
-- names in rank order; false if the partition is incomplete.
if redis.call('HEXISTS', KEYS[1], 'watermark') == 0 then
    return false
end
local above = 0
if ARGV[1] ~= '' then
    above = redis.call('ZLEXCOUNT', KEYS[2], '-', '(' .. ARGV[1])
end
local first = math.max(0, above - tonumber(ARGV[2]))
local last = above + tonumber(ARGV[3]) - 1
local total = redis.call('ZCARD', KEYS[2])
local entries = {}
if last >= first then
    entries = redis.call('ZRANGE', KEYS[2], first, last)
end
if #entries == 0 then
    return { total, above, 0, {}, {}, {} }
end
local users = {}
for i = 1, #entries do
    users[i] = string.sub(entries[i], -7)
end
local standings = redis.call('HMGET', KEYS[3], unpack(users))
local names = redis.call('HMGET', KEYS[4], unpack(users))
return { total, above, above - first, entries, standings, names }
