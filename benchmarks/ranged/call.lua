-- Apply standings with newer revisions to a partition of a ladder and append their moves to the log. Then return the log,
-- the sizes of the ranges in this partition, and the number of entries above bounds in these ranges.
-- KEYS: meta, entries (sorted set), standings (hash), ranges (hash with `open`, the generation of the log that grows, and
-- `applied`, the last generation that the ranges contain). The logs are at KEYS[4] .. '.log.' .. generation, the ranges at
-- KEYS[4] .. '.range.' .. number.
-- ARGV: length of a record, records (see apply.lua); '1' if the entries are kept beside the ranges; generation and length
-- of the log that the caller has ('' for the generation to leave out the log); generation of the sizes that the caller
-- has ('' to leave out the sizes); first range of this partition; number of partitions; number of ranges; number of
-- earlier generations that are kept. Then three for each range to count in: its number, concatenated entries that must be
-- there, concatenated bounds. A bound is an entry after '('.
-- Returns the previous value of each player; `open`; the logs of the last generations; `applied`; the sizes; the entries
-- that are missing; the counts. Returns false for an incomplete partition.
local NONE = string.rep('\255', 20)
local call, sub = redis.call, string.sub
if call('HEXISTS', KEYS[1], 'watermark') == 0 then
    return false
end
local open, applied = unpack(call('HMGET', KEYS[4], 'open', 'applied'))
local length, records = tonumber(ARGV[1]), ARGV[2]
local before = {}

local function entry_of(value)
    return value and string.byte(value, 8) < 2 and sub(value, 9, -5)
end

local function run(command, arguments)
    if #arguments > 0 then
        call(command, KEYS[2], unpack(arguments))
    end
end

if #records > 0 then
    local users, values = {}, {}
    for at = 1, #records, length do
        users[#users + 1] = sub(records, at, at + 6)
        values[#values + 1] = sub(records, at + 7, at + length - 1)
    end
    before = call('HMGET', KEYS[3], unpack(users))
    local set, added, removed, moves = {}, {}, {}, {}
    for i, user in ipairs(users) do
        local old, value = before[i], values[i]
        if not old or struct.unpack('>I7', old) < struct.unpack('>I7', value) then
            set[#set + 1] = user
            set[#set + 1] = value
            local entry, old_entry = entry_of(value), entry_of(old)
            if entry ~= old_entry then
                moves[#moves + 1] = old_entry and old_entry .. user or NONE
                moves[#moves + 1] = entry and entry .. user or NONE
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
    if #set > 0 then
        call('HSET', KEYS[3], unpack(set))
        call('APPEND', KEYS[4] .. '.log.' .. open, table.concat(moves))
    end
    if ARGV[3] == '1' then
        run('ZREM', removed)
        run('ZADD', added)
    end
end

local logs, sizes = {}, ''
if ARGV[4] ~= '' then
    local generation = tonumber(ARGV[4])
    for i = math.max(generation, open - ARGV[10]), open do
        logs[#logs + 1] = call('GETRANGE', KEYS[4] .. '.log.' .. i, i == generation and ARGV[5] or 0, -1)
    end
end
if ARGV[6] ~= '' and ARGV[6] ~= applied then
    sizes = {}
    for i = ARGV[7], ARGV[9] - 1, ARGV[8] do
        sizes[#sizes + 1] = call('ZCARD', KEYS[4] .. '.range.' .. i)
    end
end

local missing, counts = '', {}
for i = 11, #ARGV, 3 do
    local range, present, bounds, ranks = KEYS[4] .. '.range.' .. ARGV[i], ARGV[i + 1], ARGV[i + 2], {}
    for at = 1, #present, 20 do
        local entry = sub(present, at, at + 19)
        local rank = call('ZRANK', range, entry)
        if rank then
            ranks['(' .. entry] = rank
        else
            missing = missing .. entry
        end
    end
    for at = 1, #bounds, 21 do
        local bound = sub(bounds, at, at + 20)
        counts[#counts + 1] = ranks[bound] or call('ZLEXCOUNT', range, '-', bound)
    end
end
return { before, tonumber(open), logs, tonumber(applied), sizes, missing, counts }
