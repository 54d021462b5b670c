-- Read the entries at given positions of a partition.
-- KEYS: meta, entries
-- ARGV: ascending positions from 0, such as '3 17 40', or a range such as '40-90'
-- Returns the total, then the existing entries; false if the partition is incomplete.
if redis.call('HEXISTS', KEYS[1], 'watermark') == 0 then
    return false
end
local reply = { redis.call('ZCARD', KEYS[2]) }
for first, last in string.gmatch(ARGV[1], '(%d+)%-?(%d*)') do
    for _, entry in ipairs(redis.call('ZRANGE', KEYS[2], first, last == '' and first or last)) do
        reply[#reply + 1] = entry
    end
end
return reply
