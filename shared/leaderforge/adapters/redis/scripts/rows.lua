-- Read the standings and names of players in a partition.
-- KEYS: meta, standings, names
-- ARGV: length of a value, concatenated player ids (7 bytes each)
-- Returns the concatenated values, with the value of a removed standing in place of a missing value, and the names,
-- separated by NUL and empty where missing. Returns false if the partition is incomplete.
if redis.call('HEXISTS', KEYS[1], 'watermark') == 0 then
    return false
end
local users, removed = {}, string.rep('\0', 7) .. '\4' .. string.rep('\0', ARGV[1] - 8)
for at = 1, #ARGV[2], 7 do
    users[#users + 1] = string.sub(ARGV[2], at, at + 6)
end
local values = redis.call('HMGET', KEYS[2], unpack(users))
local names = redis.call('HMGET', KEYS[3], unpack(users))
for i = 1, #users do
    values[i] = values[i] or removed
    names[i] = names[i] or ''
end
return { table.concat(values), table.concat(names, '\0') }
