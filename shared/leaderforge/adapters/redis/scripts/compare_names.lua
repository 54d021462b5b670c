-- Compare names with those in a partition.
-- KEYS: names
-- ARGV: player ids (7 bytes each); their names, each followed by a zero byte; what happens to missing names: 'add' sets
-- them, 'report' returns their players, 'skip' leaves them missing
-- Returns the ids of the players whose names differ.
local users, names = {}, {}
for at = 1, #ARGV[1], 7 do
    users[#users + 1] = string.sub(ARGV[1], at, at + 6)
end
for name in string.gmatch(ARGV[2], '([^%z]*)%z') do
    names[#names + 1] = name
end
local stored = redis.call('HMGET', KEYS[1], unpack(users))
local added, differing = {}, {}
for i, user in ipairs(users) do
    if not stored[i] and ARGV[3] == 'add' then
        added[#added + 1] = user
        added[#added + 1] = names[i]
    elseif stored[i] ~= names[i] and (stored[i] or ARGV[3] == 'report') then
        differing[#differing + 1] = user
    end
end
if #added > 0 then
    redis.call('HSET', KEYS[1], unpack(added))
end
return differing
