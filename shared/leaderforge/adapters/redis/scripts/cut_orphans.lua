-- Remove some entries of a ladder or a segment in a partition: those whose players have no value, or another segment.
-- KEYS: entries, or the entries of a segment; standings
-- ARGV: number of entries, approximate; cursor of the previous call ('0' at first); 'keep' to remove nothing
-- Returns the cursor of the next call, '0' after the last call; then the entries that were or would be removed.
local reply = redis.call('ZSCAN', KEYS[1], ARGV[2], 'COUNT', ARGV[1])
local entries, users, orphans = {}, {}, {}
local segment = string.match(KEYS[1], ':entries%.(........)$')

-- Lengths of sort keys without the player id, as in cut_standings.lua.
local PLACES = { [5] = 13, [4] = 20, [7] = 15, [6] = 22 }

-- Return whether a value has this entry. An entry is a sort key, whose length depends on its board. The sort key in a
-- value lacks the player id, which has 7 bytes. A value that no process has written has no entry.
local function has_entry(value, entry)
    local place = PLACES[(#value - 12) % 8]
    if #value < 8 or not place or string.byte(value, 8) > 1
        or string.sub(value, -4 - place, -5) .. string.sub(entry, -7) ~= entry then
        return false
    end
    for at = 9, #value - place - 4, 8 do
        if string.sub(value, at, at + 7) == segment then
            return true
        end
    end
    return not segment
end
for i = 1, #reply[2], 2 do
    entries[#entries + 1] = reply[2][i]
    users[#users + 1] = string.sub(reply[2][i], -7)
end
if #entries > 0 then
    local values = redis.call('HMGET', KEYS[2], unpack(users))
    for i, entry in ipairs(entries) do
        local value = values[i]
        if not value or not has_entry(value, entry) then
            orphans[#orphans + 1] = entry
        end
    end
end
if #orphans > 0 and ARGV[3] ~= 'keep' then
    redis.call('ZREM', KEYS[1], unpack(orphans))
end
return { reply[1], unpack(orphans) }
