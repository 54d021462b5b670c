-- Brings a partition of a ladder up to newer standings, then counts the entries above some bounds.
-- KEYS: meta, entries (sorted set, all scores 0), standings (hash)
-- ARGV: records of 32 bytes, bounds...
-- A record is the user (7), then what the hash holds of it: revision (7), flags (1), score and time (13), submissions (4).
-- Returns what the hash held of each user before, then the counts, or false for them if the partition is incomplete.
local records = ARGV[1]
local before = {}
for at = 1, #records, 32 do
    local user = string.sub(records, at, at + 6)
    local value = string.sub(records, at + 7, at + 31)
    local old = redis.call('HGET', KEYS[3], user)
    before[#before + 1] = old
    -- Revisions are compared as numbers: comparing strings would depend on the server's locale.
    if not old or struct.unpack('>I7', old) < struct.unpack('>I7', value) then
        redis.call('HSET', KEYS[3], user, value)
        local entry = string.sub(value, 9, 21)
        local old_entry = old and string.sub(old, 9, 21)
        if entry ~= old_entry then
            if old_entry then
                redis.call('ZREM', KEYS[2], old_entry .. user)
            end
            redis.call('ZADD', KEYS[2], 0, entry .. user)
        end
    end
end
if #ARGV == 1 then
    return { before }
end
if redis.call('HEXISTS', KEYS[1], 'watermark') == 0 then
    return { before, false }
end
local above = {}
for i = 2, #ARGV do
    above[i - 1] = redis.call('ZLEXCOUNT', KEYS[2], '-', '(' .. ARGV[i])
end
return { before, above }
