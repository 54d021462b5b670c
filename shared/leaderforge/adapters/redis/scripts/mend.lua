-- Replace values and entries of players in a partition of a ladder. A value that has changed since `observe` stays.
-- KEYS: meta, entries, standings; on boards with segments: segments
-- ARGV: for each player: id, observed value, new value; '' for no value. On boards with segments, the last argument is
-- the number of their attributes. The keys of segments are the same as in apply.lua.
-- If a player has no value, the player's erasure is used instead.
-- Returns the ids of the players whose values have changed since they were observed.
local changed = {}
local last, ids = #ARGV, 0
if KEYS[4] then
    ids = 8 * ARGV[last]
    last = last - 1
end

-- Run a command with the player's entry on the sorted set of each segment whose id is in the value.
local function in_segments(command, value, ...)
    for at = 9, 8 + ids, 8 do
        local id = string.sub(value, at, at + 7)
        if id ~= '\0\0\0\0\0\0\0\0' then
            if command == 'ZADD' then
                redis.call('HSET', KEYS[4], id, '')
            end
            redis.call(command, KEYS[2] .. '.' .. id, ...)
        end
    end
end

for i = 1, last, 3 do
    local user, observed, value = ARGV[i], ARGV[i + 1], ARGV[i + 2]
    local stored = redis.call('HGET', KEYS[3], user)
    if (stored or redis.call('HGET', KEYS[1], 'erasure:' .. user) or '') ~= observed then
        changed[#changed + 1] = user
    else
        if stored then
            local entry = string.sub(stored, 9 + ids, -5) .. user
            redis.call('ZREM', KEYS[2], entry)
            in_segments('ZREM', stored, entry)
        end
        if value == '' then
            redis.call('HDEL', KEYS[3], user)
        else
            redis.call('HSET', KEYS[3], user, value)
            if string.byte(value, 8) < 2 then
                local entry = string.sub(value, 9 + ids, -5) .. user
                redis.call('ZADD', KEYS[2], 0, entry)
                in_segments('ZADD', value, 0, entry)
            end
        end
    end
end
return changed
