-- Count one request against a rate limit, by the generic cell rate algorithm (see domain/rates.py).
-- KEYS: the subject's theoretical arrival time, in microseconds
-- ARGV: interval in microseconds, burst, current time in microseconds ('' for the server's clock)
-- Returns four numbers: 1 if the request is allowed, else 0; remaining requests; microseconds until a retry;
-- microseconds until the full burst is available.
local now = tonumber(ARGV[3])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000000 + time[2]
end
local interval = tonumber(ARGV[1])
local window = interval * tonumber(ARGV[2])
local begin = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local after = begin + interval
local ahead = after - now
if ahead > window then
    return {0, 0, ahead - window, begin - now}
end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil(ahead / 1000))
return {1, math.floor((window - ahead) / interval), 0, ahead}
