-- Count all entries of a partition, and the entries above each bound.
-- KEYS: meta, entries
-- ARGV: length of an entry, concatenated entries that must be there, pairs of a length and the concatenated bounds of
-- that length. A bound is an argument of ZLEXCOUNT, and begins with '('. If the length begins with 's', each bound follows
-- the id (8 bytes) of the segment to count in, whose key is that of `entries`, '.' and the id.
-- Returns the concatenated entries that are missing; the total; one count per bound. Returns false for an incomplete
-- partition.
if redis.call('HEXISTS', KEYS[1], 'watermark') == 0 then
    return false
end
-- Most of the time of a call is spent in the loops. Local variables save a part of this time.
local call, sub, entries = redis.call, string.sub, KEYS[2]
local width, present = tonumber(ARGV[1]), ARGV[2]
local missing, ranks = '', {}
-- ZRANK costs a third less than ZLEXCOUNT, and also shows whether the entry is there.
for at = 1, #present, width do
    local entry = sub(present, at, at + width - 1)
    local rank = call('ZRANK', entries, entry)
    if rank then
        ranks['(' .. entry] = rank
    else
        missing = missing .. entry
    end
end
local reply = { missing, call('ZCARD', entries) }
for i = 3, #ARGV, 2 do
    local length, bounds = tonumber(ARGV[i]), ARGV[i + 1]
    if length then
        for at = 1, #bounds, length do
            local bound = sub(bounds, at, at + length - 1)
            reply[#reply + 1] = ranks[bound] or call('ZLEXCOUNT', entries, '-', bound)
        end
    else
        length = tonumber(sub(ARGV[i], 2))
        for at = 1, #bounds, length do
            local segment = entries .. '.' .. sub(bounds, at, at + 7)
            reply[#reply + 1] = call('ZLEXCOUNT', segment, '-', sub(bounds, at + 8, at + length - 1))
        end
    end
end
return reply
