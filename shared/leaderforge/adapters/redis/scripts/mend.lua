-- Replace values and entries of players in a partition of a ladder. A value that has changed since `observe` stays.
-- KEYS: meta, entries, standings
-- ARGV: for each player: id, observed value, new value; '' for no value
-- If a player has no value, the player's erasure is used instead.
-- Returns the ids of the players whose values have changed since they were observed.
local changed = {}
for i = 1, #ARGV, 3 do
    local user, observed, value = ARGV[i], ARGV[i + 1], ARGV[i + 2]
    local stored = redis.call('HGET', KEYS[3], user)
    if (stored or redis.call('HGET', KEYS[1], 'erasure:' .. user) or '') ~= observed then
        changed[#changed + 1] = user
    else
        if stored then
            redis.call('ZREM', KEYS[2], string.sub(stored, 9, -5) .. user)
        end
        if value == '' then
            redis.call('HDEL', KEYS[3], user)
        else
            redis.call('HSET', KEYS[3], user, value)
            if string.byte(value, 8) < 2 then
                redis.call('ZADD', KEYS[2], 0, string.sub(value, 9, -5) .. user)
            end
        end
    end
end
return changed
