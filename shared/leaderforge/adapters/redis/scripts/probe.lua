-- Reads the entries at some positions of a partition.
-- KEYS: meta, entries
-- ARGV: positions, ascending, from 0: '3 17 40', or all of a range: '40-90'
-- Returns the total, then the entries, as many as there are; false if the partition is incomplete.
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
