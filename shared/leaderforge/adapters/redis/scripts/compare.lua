-- Finds the standings that a partition does not hold just so.
-- KEYS: entries, standings
-- ARGV: length of a record, records as in apply.lua
-- Returns the differing users.
local length = tonumber(ARGV[1])
local records = ARGV[2]
local differing = {}
for at = 1, #records, length do
    local user = string.sub(records, at, at + 6)
    local value = string.sub(records, at + 7, at + length - 1)
    local listed = redis.call('ZSCORE', KEYS[1], string.sub(value, 9, -5) .. user)
    if redis.call('HGET', KEYS[2], user) ~= value or (listed and true) ~= (string.byte(value, 8) < 2) then
        differing[#differing + 1] = user
    end
end
return differing
