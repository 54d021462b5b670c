-- Remove some members of a sorted set or a hash. Repeated calls delete the key.
-- KEYS: key
-- ARGV: maximum members, cursor of the previous call ('0' at first)
-- Returns the cursor of the next call; '0' after the last one.
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'zset' then
    redis.call('ZREMRANGEBYRANK', KEYS[1], 0, ARGV[1] - 1)
    return tostring(redis.call('EXISTS', KEYS[1]))
elseif kind == 'none' then
    return '0'
end
local reply = redis.call('HSCAN', KEYS[1], ARGV[2], 'COUNT', ARGV[1])
local fields = {}
for i = 1, #reply[2], 2 do
    fields[#fields + 1] = reply[2][i]
end
if #fields > 0 then
    redis.call('HDEL', KEYS[1], unpack(fields))
end
return reply[1]
