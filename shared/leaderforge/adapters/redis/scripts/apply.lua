-- Apply standings with newer revisions to a partition of a ladder. Then count the entries above each bound.
-- KEYS: meta, entries (sorted set, all scores 0), standings (hash); on boards with segments: segments (hash)
-- ARGV: length of a record, records (one per player); pairs of a length and the concatenated bounds of that
-- length, none if nothing is counted. A bound is an argument of ZLEXCOUNT, and begins with '('. If the length begins with
-- 's', each bound follows the id (8 bytes) of the segment to count in. On boards with segments, the last argument is the
-- number of their attributes.
-- A record is the player id (7 bytes), then its value in the hash: revision (7), flags (1), the ids of the player's
-- segments (8 bytes each, zeros for none), the entry without the player id, and submissions (4). With flags of 2 or more
-- there is no entry. Each segment has a sorted set, whose key is that of `entries`, '.' and the id.
-- If a player has no value, the player's erasure is used instead.
-- Returns the previous value of each player, then the counts; false instead of the counts if the partition is
-- incomplete.
local length = tonumber(ARGV[1])
local records = ARGV[2]
local before = {}
local last, ids = #ARGV, 0
if KEYS[4] then
    ids = 8 * ARGV[last]
    last = last - 1
end

local function entry_of(value)
    return value and string.byte(value, 8) < 2 and string.sub(value, 9 + ids, -5)
end

-- Move a player's entry in the sorted sets of segments. `old_entry` is false if the player had no entry before, `entry`
-- is false if the player has none now.
local function move(user, old, old_entry, value, entry)
    for at = 9, 8 + ids, 8 do
        local old_id, id = old_entry and string.sub(old, at, at + 7), string.sub(value, at, at + 7)
        if old_entry ~= entry or old_id ~= id then
            if old_entry and old_id ~= '\0\0\0\0\0\0\0\0' then
                redis.call('ZREM', KEYS[2] .. '.' .. old_id, old_entry .. user)
            end
            if entry and id ~= '\0\0\0\0\0\0\0\0' then
                redis.call('HSET', KEYS[4], id, '')
                redis.call('ZADD', KEYS[2] .. '.' .. id, 0, entry .. user)
            end
        end
    end
end

-- Look for erasures only if a player has no value and the partition has erasures. Erasures are rare, because only
-- repairs store them.
local function add_erasures(users, stored)
    local missing, fields = {}, {}
    for i = 1, #users do
        if not stored[i] then
            missing[#missing + 1] = i
            fields[#fields + 1] = 'erasure:' .. users[i]
        end
    end
    if #missing > 0 and redis.call('HEXISTS', KEYS[1], 'erasures') == 1 then
        local erasures = redis.call('HMGET', KEYS[1], unpack(fields))
        for j, i in ipairs(missing) do
            stored[i] = erasures[j]
        end
    end
end

local function run(command, key, arguments)
    if #arguments > 0 then
        redis.call(command, key, unpack(arguments))
    end
end

-- Process 1000 records at a time, because unpack() puts all arguments on the Lua stack, which is limited.
for from = 1, #records, 1000 * length do
    local users, values = {}, {}
    for at = from, math.min(from + 1000 * length, #records + 1) - length, length do
        users[#users + 1] = string.sub(records, at, at + 6)
        values[#values + 1] = string.sub(records, at + 7, at + length - 1)
    end
    local stored = redis.call('HMGET', KEYS[3], unpack(users))
    add_erasures(users, stored)
    local set, added, removed = {}, {}, {}
    for i, user in ipairs(users) do
        local old, value = stored[i], values[i]
        before[#before + 1] = old
        -- Compare revisions as numbers, because a comparison of strings would depend on the server's locale.
        if not old or struct.unpack('>I7', old) < struct.unpack('>I7', value) then
            set[#set + 1] = user
            set[#set + 1] = value
            local entry, old_entry = entry_of(value), entry_of(old)
            if ids > 0 then
                move(user, old, old_entry, value, entry)
            end
            if entry ~= old_entry then
                if old_entry then
                    removed[#removed + 1] = old_entry .. user
                end
                if entry then
                    added[#added + 1] = 0
                    added[#added + 1] = entry .. user
                end
            end
        end
    end
    run('HSET', KEYS[3], set)
    run('ZREM', KEYS[2], removed)
    run('ZADD', KEYS[2], added)
end
if last == 2 then
    return { before }
end
-- Only counts need a complete partition. Updates continue during a rebuild.
if redis.call('HEXISTS', KEYS[1], 'watermark') == 0 then
    return { before, false }
end
-- Most of the time of a call is spent here. Local variables save a sixth of this time.
local call, sub, entries, above = redis.call, string.sub, KEYS[2], {}
for i = 3, last, 2 do
    local width, bounds = tonumber(ARGV[i]), ARGV[i + 1]
    if width then
        for at = 1, #bounds, width do
            above[#above + 1] = call('ZLEXCOUNT', entries, '-', sub(bounds, at, at + width - 1))
        end
    else
        width = tonumber(sub(ARGV[i], 2))
        for at = 1, #bounds, width do
            local segment = entries .. '.' .. sub(bounds, at, at + 7)
            above[#above + 1] = call('ZLEXCOUNT', segment, '-', sub(bounds, at + 8, at + width - 1))
        end
    end
end
return { before, above }
