-- Set the names of players who have no name yet.
-- KEYS: names
-- ARGV: player ids (7 bytes each); their names, each followed by a zero byte
-- Returns the ids of the players whose stored names differ from the names in ARGV.
local users, names = {}, {}
for at = 1, #ARGV[1], 7 do
    users[#users + 1] = string.sub(ARGV[1], at, at + 6)
end
for name in string.gmatch(ARGV[2], '([^%z]*)%z') do
    names[#names + 1] = name
end
local stored = redis.call('HMGET', KEYS[1], unpack(users))
local missing, others = {}, {}
for i, user in ipairs(users) do
    if not stored[i] then
        missing[#missing + 1] = user
        missing[#missing + 1] = names[i]
    elseif stored[i] ~= names[i] then
        others[#others + 1] = user
    end
end
if #missing > 0 then
    redis.call('HSET', KEYS[1], unpack(missing))
end
return others
