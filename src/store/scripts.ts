// What Redis does in one step. Amounts are added by INCRBY, as 64-bit integers; Lua only compares, and below 2^53 a double compares exactly.

/**
 * KEYS: the epoch, the sign that it is being restored, the reservation, then its counters. ARGV: the epoch we know; limit, amount, ttl for each
 * counter. Gives 0 when all were taken (or had been before), the number of the first counter without room, -1 in another epoch, -2 while
 * counters are being restored.
 */
export const RESERVE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
if redis.call('EXISTS', KEYS[2]) == 1 then return -2 end
if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
for i = 4, #KEYS do
  local at = (i - 4) * 3 + 1
  local total = tonumber(redis.call('GET', KEYS[i]) or '0')
  if total + tonumber(ARGV[at + 2]) > tonumber(ARGV[at + 1]) then return i - 3 end
end
local longest = 0
for i = 4, #KEYS do
  local at = (i - 4) * 3 + 1
  local ttl = tonumber(ARGV[at + 3])
  redis.call('INCRBY', KEYS[i], ARGV[at + 2])
  redis.call('PEXPIRE', KEYS[i], ARGV[at + 3])
  redis.call('HSET', KEYS[3], KEYS[i], ARGV[at + 2] .. ':' .. ARGV[at + 3])
  if ttl > longest then longest = ttl end
end
if longest > 0 then redis.call('PEXPIRE', KEYS[3], longest) end
return 0
`;

/**
 * KEYS: the epoch, the sign that it is being restored, the history it belongs to. ARGV: a name for a new epoch, how long it may take to restore it.
 * Gives the epoch this Redis is in, and 1 where this call began it: there was none (Redis is new, or was emptied), or it comes from another
 * history. Redis names its history anew when a replica is promoted and when it restarts, and either may have lost the last writes.
 */
export const EPOCH = `
local said = redis.pcall('INFO', 'replication')
local history = type(said) == 'string' and string.match(said, 'master_replid:(%w+)') or ''
local epoch = redis.call('GET', KEYS[1])
if epoch and redis.call('GET', KEYS[3]) == history then return {epoch, 0} end
redis.call('SET', KEYS[3], history)
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return {ARGV[1], 1}
`;

/** KEYS: the epoch, the sign that it is being restored, the members. ARGV: a new epoch, how long it may take to restore it, members that are gone. */
export const RECOUNT = `
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
for i = 3, #ARGV do redis.call('SREM', KEYS[3], ARGV[i]) end
return 1
`;

/**
 * KEYS: the shares of a counter, the counter, a reservation. ARGV: whose share, what it has spent, ttl, 1 when it says so itself (0: the ledger
 * does), what it holds on top. Each share counts once; what somebody says of itself replaces what the ledger said of it.
 */
export const RESTORE = `
local was = redis.call('HGET', KEYS[1], ARGV[1])
local own = ARGV[4] == '1'
if was and (not own or string.sub(was, 1, 1) == 'o') then return 0 end
redis.call('INCRBY', KEYS[2], ARGV[2])
if was then redis.call('DECRBY', KEYS[2], string.sub(was, 2)) end
redis.call('HSET', KEYS[1], ARGV[1], (own and 'o' or 'l') .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if ARGV[5] ~= '0' then
  redis.call('INCRBY', KEYS[2], ARGV[5])
  redis.call('HSET', KEYS[3], KEYS[2], ARGV[5] .. ':' .. ARGV[3])
  redis.call('PEXPIRE', KEYS[3], ARGV[3])
end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
`;

/**
 * KEYS: the reservation. ARGV: the true cost. Gives 1 the first time, 0 after that.
 * A counter whose window is over is left alone: it must not come back to life below zero.
 */
export const SETTLE = `
local held = redis.call('HGETALL', KEYS[1])
if #held == 0 then return 0 end
redis.call('DEL', KEYS[1])
for i = 1, #held, 2 do
  local amount, ttl = string.match(held[i + 1], '^(%d+):(%d+)$')
  if redis.call('EXISTS', held[i]) == 1 then
    redis.call('INCRBY', held[i], ARGV[1])
    if redis.call('DECRBY', held[i], amount) < 0 then redis.call('SET', held[i], '0') end
    redis.call('PEXPIRE', held[i], ttl)
  end
end
return 1
`;

/** KEYS: the lease. ARGV: holder, ttl. Gives 1 when the holder has it. */
export const LEASE = `
local current = redis.call('GET', KEYS[1])
if current and current ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`;
