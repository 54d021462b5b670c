-- Drops everything about some players.
-- KEYS: meta, names, then entries and standings of each ladder...
-- ARGV: users...
-- Returns how many entries there were.
local entries = 0
for _, user in ipairs(ARGV) do
    for i = 3, #KEYS, 2 do
        local old = redis.call('HGET', KEYS[i + 1], user)
        if old then
            entries = entries + redis.call('ZREM', KEYS[i], string.sub(old, 9, -5) .. user)
            redis.call('HDEL', KEYS[i + 1], user)
        end
    end
    redis.call('HDEL', KEYS[2], user)
end
return entries
