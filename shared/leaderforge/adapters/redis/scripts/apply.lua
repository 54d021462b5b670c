-- Brings a partition of a ladder up to newer standings, then counts the entries above some bounds.
-- KEYS: meta, entries (sorted set, all scores 0), standings (hash)
-- ARGV: length of a record, records, bounds...
-- A record is the user (7), then what the hash holds of it: revision (7), flags (1), the entry but for the user, and
-- submissions (4). With flags of 2 and more there is no entry.
-- Returns what the hash held of each user before, then the counts, or false for them if the partition is incomplete.
local length = tonumber(ARGV[1])
local records = ARGV[2]
local before = {}
for at = 1, #records, length do
    local user = string.sub(records, at, at + 6)
    local value = string.sub(records, at + 7, at + length - 1)
    local old = redis.call('HGET', KEYS[3], user)
    before[#before + 1] = old
    -- Revisions are compared as numbers: comparing strings would depend on the server's locale.
    if not old or struct.unpack('>I7', old) < struct.unpack('>I7', value) then
        redis.call('HSET', KEYS[3], user, value)
        local entry = string.byte(value, 8) < 2 and string.sub(value, 9, -5)
        local old_entry = old and string.byte(old, 8) < 2 and string.sub(old, 9, -5)
        if entry ~= old_entry then
            if old_entry then
                redis.call('ZREM', KEYS[2], old_entry .. user)
            end
            if entry then
                redis.call('ZADD', KEYS[2], 0, entry .. user)
            end
        end
    end
end
if #ARGV == 2 then
    return { before }
end
if redis.call('HEXISTS', KEYS[1], 'watermark') == 0 then
    return { before, false }
end
local above = {}
for i = 3, #ARGV do
    above[i - 2] = redis.call('ZLEXCOUNT', KEYS[2], '-', '(' .. ARGV[i])
end
return { before, above }
