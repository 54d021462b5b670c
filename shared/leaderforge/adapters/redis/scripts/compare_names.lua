-- Compare names with those in a partition.
-- KEYS: names
-- ARGV: player ids (7 bytes each); their names, each followed by a zero byte; '1' if a missing name differs
-- Returns the ids of the players whose names differ.
local users, names = {}, {}
for at = 1, #ARGV[1], 7 do
    users[#users + 1] = string.sub(ARGV[1], at, at + 6)
end
for name in string.gmatch(ARGV[2], '([^%z]*)%z') do
    names[#names + 1] = name
end
local stored = redis.call('HMGET', KEYS[1], unpack(users))
local differing = {}
for i, user in ipairs(users) do
    if stored[i] ~= names[i] and (stored[i] or ARGV[3] == '1') then
        differing[#differing + 1] = user
    end
end
return differing
