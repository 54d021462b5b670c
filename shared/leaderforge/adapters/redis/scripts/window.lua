-- Read windows of a partition: consecutive entries around a bound, optionally with their details.
-- KEYS: meta, entries, standings, names
-- ARGV: for each window: bound (empty: before all); the positions of its first entry and of the entry after its last
-- entry, relative to the number of entries above the bound; 1 to include details, else 0
-- Returns the total. Then, for each window: the number above the bound; the position of the first entry from 0; the
-- entries; if details are included, flags (1 byte) and submissions (4 bytes) of each entry, and the names, separated by
-- NUL and empty where missing. Returns false if the partition is incomplete.
if redis.call('HEXISTS', KEYS[1], 'watermark') == 0 then
    return false
end
local total = redis.call('ZCARD', KEYS[2])
local reply = { total }

-- Return the details of the entries, and their names.
local function details_of(entries)
    local users, details = {}, {}
    for i = 1, #entries do
        users[i] = string.sub(entries[i], -7)
    end
    local standings = redis.call('HMGET', KEYS[3], unpack(users))
    local names = redis.call('HMGET', KEYS[4], unpack(users))
    for i = 1, #entries do
        local value = standings[i]
        -- If the index has lost the value of an entry, return zeros until verification repairs it.
        details[i] = value and string.sub(value, 8, 8) .. string.sub(value, -4) or '\0\0\0\0\0'
        names[i] = names[i] or ''
    end
    return table.concat(details), table.concat(names, '\0')
end

for i = 1, #ARGV, 4 do
    local above = 0
    if ARGV[i] ~= '' then
        above = redis.call('ZLEXCOUNT', KEYS[2], '-', '(' .. ARGV[i])
    end
    local first = math.min(total, math.max(0, above + ARGV[i + 1]))
    local last = above + ARGV[i + 2] - 1
    local entries, details, names = {}, '', ''
    if last >= first then
        entries = redis.call('ZRANGE', KEYS[2], first, last)
    end
    if ARGV[i + 3] == '1' and #entries > 0 then
        details, names = details_of(entries)
    end
    local n = #reply
    reply[n + 1] = above
    reply[n + 2] = first
    reply[n + 3] = table.concat(entries)
    reply[n + 4] = details
    reply[n + 5] = names
end
return reply
