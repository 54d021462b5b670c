-- Replaces what a partition of a ladder holds of players, in one step, where it still holds what was observed.
-- KEYS: entries, standings
-- ARGV: for each player: the user, the value observed, the value wanted; '' where there is none
-- Returns the users of whom it holds something else by now.
local changed = {}
for i = 1, #ARGV, 3 do
    local user, observed, value = ARGV[i], ARGV[i + 1], ARGV[i + 2]
    local held = redis.call('HGET', KEYS[2], user)
    if (held or '') ~= observed then
        changed[#changed + 1] = user
    else
        if held then
            redis.call('ZREM', KEYS[1], string.sub(held, 9, -5) .. user)
        end
        if value == '' then
            redis.call('HDEL', KEYS[2], user)
        else
            redis.call('HSET', KEYS[2], user, value)
            if string.byte(value, 8) < 2 then
                redis.call('ZADD', KEYS[1], 0, string.sub(value, 9, -5) .. user)
            end
        end
    end
end
return changed
