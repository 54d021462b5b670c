-- Set the names of players who have no name yet.
-- KEYS: names
-- ARGV: for each player: id, name
-- Returns the ids of the players whose stored names differ from the names in ARGV.
local others = {}
for i = 1, #ARGV, 2 do
    local user, name = ARGV[i], ARGV[i + 1]
    if redis.call('HSETNX', KEYS[1], user, name) == 0 and redis.call('HGET', KEYS[1], user) ~= name then
        others[#others + 1] = user
    end
end
return others
