-- Set the names of players that have none.
-- KEYS: names
-- ARGV: for each player: the user and the name
for i = 1, #ARGV, 2 do
    redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1])
end
return 1
