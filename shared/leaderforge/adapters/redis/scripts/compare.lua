-- Compare standings with their values and entries in a partition.
-- KEYS: entries, standings; on boards with segments: segments
-- ARGV: length of a record, records as in apply.lua; on boards with segments: the number of their attributes
-- Returns the ids of the players whose standings differ.
local length = tonumber(ARGV[1])
local records = ARGV[2]
local ids = KEYS[3] and 8 * ARGV[3] or 0
local users, values, entries = {}, {}, {}
for at = 1, #records, length do
    local user = string.sub(records, at, at + 6)
    local value = string.sub(records, at + 7, at + length - 1)
    users[#users + 1] = user
    values[#values + 1] = value
    entries[#entries + 1] = string.sub(value, 9 + ids, -5) .. user
end
local stored = redis.call('HMGET', KEYS[2], unpack(users))
local scores = redis.call('ZMSCORE', KEYS[1], unpack(entries))
local differing = {}

-- Return whether a sorted set of the player's segments lacks a listed player's entry, or has the entry of a player who
-- is not listed. The segment of a listed player must be in the list of segments.
local function differs_in_segment(value, entry)
    local listed = string.byte(value, 8) < 2
    for at = 9, 8 + ids, 8 do
        local id = string.sub(value, at, at + 7)
        if id ~= '\0\0\0\0\0\0\0\0' then
            local score = redis.call('ZSCORE', KEYS[1] .. '.' .. id, entry)
            if (score and true) ~= listed or (listed and redis.call('HEXISTS', KEYS[3], id) == 0) then
                return true
            end
        end
    end
    return false
end

for i, user in ipairs(users) do
    if stored[i] ~= values[i] or (scores[i] and true) ~= (string.byte(values[i], 8) < 2)
        or differs_in_segment(values[i], entries[i]) then
        differing[#differing + 1] = user
    end
end
return differing
