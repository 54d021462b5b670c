-- Acquire, renew or release a lease.
-- KEYS: lease
-- ARGV: holder, milliseconds (0 releases the lease)
-- Returns 1, or 0 if another holder has the lease.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
    return 0
end
if ARGV[2] == '0' then
    redis.call('DEL', KEYS[1])
else
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return 1
