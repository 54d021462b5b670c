-- Replace names. A name that has changed since it was observed stays.
-- KEYS: names
-- ARGV: for each player: id, observed name, new name; '' for no name
-- Returns the ids of the players whose names have changed since they were observed.
local changed = {}
for i = 1, #ARGV, 3 do
    local user, observed, name = ARGV[i], ARGV[i + 1], ARGV[i + 2]
    if (redis.call('HGET', KEYS[1], user) or '') ~= observed then
        changed[#changed + 1] = user
    elseif name == '' then
        redis.call('HDEL', KEYS[1], user)
    else
        redis.call('HSET', KEYS[1], user, name)
    end
end
return changed
