-- Remove some fields of a hash. Repeated calls remove all fields, and Redis deletes the empty hash.
-- KEYS: hash
-- ARGV: number of fields, approximate; cursor of the previous call ('0' at first)
-- Returns the cursor of the next call; '0' after the last call.
local reply = redis.call('HSCAN', KEYS[1], ARGV[2], 'COUNT', ARGV[1])
local fields = {}
for i = 1, #reply[2], 2 do
    fields[#fields + 1] = reply[2][i]
end
if #fields > 0 then
    redis.call('HDEL', KEYS[1], unpack(fields))
end
return { reply[1] }
