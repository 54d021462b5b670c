-- Reads the entries at some positions of a partition.
-- KEYS: meta, entries
-- ARGV: positions..., ascending, from 0
-- Returns the total, then the entries, as many as there are; false if the partition is incomplete.
if redis.call('HEXISTS', KEYS[1], 'watermark') == 0 then
    return false
end
local reply = { redis.call('ZCARD', KEYS[2]) }
local i = 1
while i <= #ARGV do
    -- Neighbouring positions come in one range.
    local first = tonumber(ARGV[i])
    local last = first
    while i < #ARGV and tonumber(ARGV[i + 1]) == last + 1 do
        last = last + 1
        i = i + 1
    end
    for _, entry in ipairs(redis.call('ZRANGE', KEYS[2], first, last)) do
        reply[#reply + 1] = entry
    end
    i = i + 1
end
return reply
