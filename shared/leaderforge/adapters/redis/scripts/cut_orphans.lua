-- Remove some entries of a ladder in a partition that have no value.
-- KEYS: entries, standings
-- ARGV: number of entries, approximate; cursor of the previous call ('0' at first)
-- Returns the cursor of the next call; '0' after the last one.
local reply = redis.call('ZSCAN', KEYS[1], ARGV[2], 'COUNT', ARGV[1])
local entries, users, orphans = {}, {}, {}
for i = 1, #reply[2], 2 do
    entries[#entries + 1] = reply[2][i]
    users[#users + 1] = string.sub(reply[2][i], -7)
end
if #entries > 0 then
    local values = redis.call('HMGET', KEYS[2], unpack(users))
    for i, entry in ipairs(entries) do
        local value = values[i]
        if not value or string.byte(value, 8) > 1 or string.sub(value, 9, -5) .. users[i] ~= entry then
            orphans[#orphans + 1] = entry
        end
    end
end
if #orphans > 0 then
    redis.call('ZREM', KEYS[1], unpack(orphans))
end
return reply[1]
