-- Read the values of players on many ladders from a partition, complete or not.
-- KEYS: standings of each ladder...
-- ARGV: player ids...
-- Returns, for each existing value: the position of its ladder (from 1), the player id, and the value.
local present = {}
for ladder, standings in ipairs(KEYS) do
    local values = redis.call('HMGET', standings, unpack(ARGV))
    for i, value in ipairs(values) do
        if value then
            present[#present + 1] = { ladder, ARGV[i], value }
        end
    end
end
return present
