-- Replaces names that are still the ones observed.
-- KEYS: names
-- ARGV: for each player: the user, the name observed, the name wanted; '' where there is none
-- Returns the users who have another name by now.
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
