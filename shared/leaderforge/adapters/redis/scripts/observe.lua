-- Reads what a partition holds of players on many ladders.
-- KEYS: standings of each ladder...
-- ARGV: users...
-- Returns, for each value found: the number of its ladder (from 1), the user, and the value.
local found = {}
for ladder, standings in ipairs(KEYS) do
    local values = redis.call('HMGET', standings, unpack(ARGV))
    for i, value in ipairs(values) do
        if value then
            found[#found + 1] = { ladder, ARGV[i], value }
        end
    end
end
return found
