-- Apply the moves of a generation to the ranges of a partition, in one step.
-- KEYS: ranges (see call.lua). ARGV: the generation; first range of this partition, number of partitions, number of
-- ranges. Then three for each range with changes: its number, concatenated entries to remove, concatenated entries to add.
-- Returns the sizes of the ranges. A repeated call changes nothing.
local call, sub = redis.call, string.sub
if tonumber(call('HGET', KEYS[1], 'applied')) == ARGV[1] - 1 then
    for i = 5, #ARGV, 3 do
        local range = KEYS[1] .. '.range.' .. ARGV[i]
        for at = 1, #ARGV[i + 1], 20 do
            call('ZREM', range, sub(ARGV[i + 1], at, at + 19))
        end
        for at = 1, #ARGV[i + 2], 20 do
            call('ZADD', range, 0, sub(ARGV[i + 2], at, at + 19))
        end
    end
    call('HSET', KEYS[1], 'applied', ARGV[1])
end
local sizes = {}
for i = ARGV[2], ARGV[4] - 1, ARGV[3] do
    sizes[#sizes + 1] = call('ZCARD', KEYS[1] .. '.range.' .. i)
end
return sizes
