-- Finds the standings that a partition does not hold just so.
-- KEYS: entries, standings
-- ARGV: records of 32 bytes, as in apply.lua
-- Returns the differing users.
local records = ARGV[1]
local differing = {}
for at = 1, #records, 32 do
    local user = string.sub(records, at, at + 6)
    local value = string.sub(records, at + 7, at + 31)
    if redis.call('HGET', KEYS[2], user) ~= value
        or not redis.call('ZSCORE', KEYS[1], string.sub(value, 9, 21) .. user) then
        differing[#differing + 1] = user
    end
end
return differing
