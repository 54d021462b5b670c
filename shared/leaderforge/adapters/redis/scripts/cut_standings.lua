-- Remove some players' values from the hash `standings` of a ladder in a partition, each with its entries. Repeated
-- calls remove all values, and Redis deletes the empty hash.
-- KEYS: entries, standings
-- ARGV: number of values, approximate; cursor of the previous call ('0' at first)
-- Returns the cursor of the next call; '0' after the last call.

-- Lengths of sort keys without the player id (7 bytes), by the remainder of the length of a value. A value also has 12
-- bytes and the ids of the segments, which have 8 bytes each. A score has 7 bytes, a long score 9, a subscore 7.
local PLACES = { [5] = 13, [4] = 20, [7] = 15, [6] = 22 }

local reply = redis.call('HSCAN', KEYS[2], ARGV[2], 'COUNT', ARGV[1])
local users, entries = {}, {}
for i = 1, #reply[2], 2 do
    local user, value = reply[2][i], reply[2][i + 1]
    users[#users + 1] = user
    local place = PLACES[(#value - 12) % 8]
    -- A value that no process has written has no entry: cut_orphans.lua removes what is in its place.
    if #value > 8 and place and string.byte(value, 8) < 2 then
        local entry = string.sub(value, -4 - place, -5) .. user
        entries[#entries + 1] = entry
        for at = 9, #value - place - 4, 8 do
            redis.call('ZREM', KEYS[1] .. '.' .. string.sub(value, at, at + 7), entry)
        end
    end
end
if #users > 0 then
    redis.call('HDEL', KEYS[2], unpack(users))
end
if #entries > 0 then
    redis.call('ZREM', KEYS[1], unpack(entries))
end
return { reply[1] }
