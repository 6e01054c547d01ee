// What Redis does in one step. Amounts are added by INCRBY, as 64-bit integers; Lua only compares, and below 2^53 a double compares exactly.

/**
 * KEYS: the reservation, then its counters. ARGV: limit, amount, ttl for each counter.
 * Gives 0 when all were taken (or had been before), else the number of the first counter without room.
 */
export const RESERVE = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
for i = 2, #KEYS do
  local at = (i - 2) * 3
  local total = tonumber(redis.call('GET', KEYS[i]) or '0')
  if total + tonumber(ARGV[at + 2]) > tonumber(ARGV[at + 1]) then return i - 1 end
end
local longest = 0
for i = 2, #KEYS do
  local at = (i - 2) * 3
  local ttl = tonumber(ARGV[at + 3])
  redis.call('INCRBY', KEYS[i], ARGV[at + 2])
  redis.call('PEXPIRE', KEYS[i], ARGV[at + 3])
  redis.call('HSET', KEYS[1], KEYS[i], ARGV[at + 2] .. ':' .. ARGV[at + 3])
  if ttl > longest then longest = ttl end
end
if longest > 0 then redis.call('PEXPIRE', KEYS[1], longest) end
return 0
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
