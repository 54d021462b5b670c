-- Compare standings with their values and entries in a partition.
-- KEYS: entries, standings
-- ARGV: length of a record, records as in apply.lua
-- Returns the ids of the players whose standings differ.
local length = tonumber(ARGV[1])
local records = ARGV[2]
local users, values, entries = {}, {}, {}
for at = 1, #records, length do
    local user = string.sub(records, at, at + 6)
    local value = string.sub(records, at + 7, at + length - 1)
    users[#users + 1] = user
    values[#values + 1] = value
    entries[#entries + 1] = string.sub(value, 9, -5) .. user
end
local stored = redis.call('HMGET', KEYS[2], unpack(users))
local scores = redis.call('ZMSCORE', KEYS[1], unpack(entries))
local differing = {}
for i, user in ipairs(users) do
    if stored[i] ~= values[i] or (scores[i] and true) ~= (string.byte(values[i], 8) < 2) then
        differing[#differing + 1] = user
    end
end
return differing
