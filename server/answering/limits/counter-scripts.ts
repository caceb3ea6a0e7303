import { defineRedisScript } from '../../platform/redis.ts'

/*
 * The counters of one scope are four keys: requests and tokens of the present minute {n, id}, the places of streams (a
 * sorted set by end of lease), and the month {tokens, cost, held_tokens, held_cost, v, of, r:<call>}. `r:` is what a
 * call under way holds, `v` grows with every change, `of` is the epoch and the revision that it was loaded in: in others
 * it is not believed, and without `tokens` it is to be loaded. `KEYS` are those four for each scope, and last the leases
 * of all calls and the epoch. A maximum of -1 is not counted. Times are Redis' own, so the clocks of the replicas have no
 * say (guarantee D11).
 */

const common = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function window(key)
  local left = redis.call('PTTL', key)
  if left <= 0 then return 0, tonumber(ARGV[2]) end
  return tonumber(redis.call('HGET', key, 'n') or '0'), left
end
local function count(key, by, id)
  if redis.call('PTTL', key) <= 0 then
    redis.call('DEL', key)
    redis.call('HSET', key, 'id', id, 'n', by)
    redis.call('PEXPIRE', key, ARGV[2])
  else
    redis.call('HINCRBY', key, 'n', by)
  end
  return redis.call('HGET', key, 'id')
end
local function present(revision)
  return (redis.call('GET', KEYS[#KEYS]) or '') .. '/' .. revision
end
local function month(key, of)
  local values = redis.call('HMGET', key, 'tokens', 'cost', 'held_tokens', 'held_cost', 'of')
  if not values[1] or values[5] ~= of then return nil end
  return { tonumber(values[1]), tonumber(values[2]), tonumber(values[3] or '0'), tonumber(values[4] or '0') }
end
local function add(key, tokens, cost)
  redis.call('HINCRBY', key, 'tokens', tokens)
  redis.call('HINCRBY', key, 'cost', cost)
  redis.call('HINCRBY', key, 'v', 1)
end
local function hold(key, tokens, cost)
  redis.call('HINCRBY', key, 'held_tokens', tokens)
  redis.call('HINCRBY', key, 'held_cost', cost)
end
local function standing(out, spent, held, left)
  out[#out + 1] = spent
  out[#out + 1] = held
  out[#out + 1] = left
end
local function standings(scopes, of)
  local out = {}
  for i = 1, scopes do
    local k = (i - 1) * 4
    local requests, requestsLeft = window(KEYS[k + 1])
    local tokens, tokensLeft = window(KEYS[k + 2])
    redis.call('ZREMRANGEBYSCORE', KEYS[k + 3], '-inf', now)
    local used = month(KEYS[k + 4], of) or { 0, 0, 0, 0 }
    standing(out, requests, 0, requestsLeft)
    standing(out, tokens, 0, tokensLeft)
    standing(out, redis.call('ZCARD', KEYS[k + 3]), 0, -1)
    standing(out, used[1], used[3], -1)
    standing(out, used[2], used[4], -1)
  end
  return out
end
local function answer(status, scope, name, first)
  local out = { status, scope, name }
  for i = 1, #first do out[#out + 1] = first[i] end
  return out
end
`

/**
 * ARGV: seat, window ms, lease ms, 1 to look only, revision, then for each scope the five maxima. → status, scope, name,
 * standings
 */
export const admitScript = defineRedisScript(`${common}
local id, lease, isLook, of = ARGV[1], tonumber(ARGV[3]), ARGV[4] == '1', present(ARGV[5])
local scopes = (#ARGV - 5) / 5
for i = 1, scopes do
  local k, a = (i - 1) * 4, 5 + (i - 1) * 5
  local isCounted = tonumber(ARGV[a + 4]) >= 0 or tonumber(ARGV[a + 5]) >= 0
  if isCounted and not month(KEYS[k + 4], of) then return { -1, i, 0 } end
end
local stand = standings(scopes, of)
for i = 1, scopes do
  local a, s = 5 + (i - 1) * 5, (i - 1) * 15
  for name = 1, 5 do
    local max, spent = tonumber(ARGV[a + name]), stand[s + (name - 1) * 3 + 1]
    if max >= 0 and spent >= max then return answer(0, i, name, stand) end
  end
end
if isLook then return answer(1, 0, 0, stand) end
for i = 1, scopes do
  local k, a = (i - 1) * 4, 5 + (i - 1) * 5
  if tonumber(ARGV[a + 1]) >= 0 then count(KEYS[k + 1], 1, id) end
  if tonumber(ARGV[a + 3]) >= 0 then
    redis.call('ZADD', KEYS[k + 3], now + lease, id)
    redis.call('PEXPIRE', KEYS[k + 3], lease)
  end
end
return answer(1, 0, 0, standings(scopes, of))
`)

/**
 * ARGV: call, window ms, lease ms, member of the leases, prompt tokens, output max, output min, input price, output price
 * (-1: none), revision, then for each scope the five maxima. → status, scope, name, output, tokens, cost, window of each scope,
 * standings
 */
export const reserveScript = defineRedisScript(`${common}
local id, lease, member = ARGV[1], tonumber(ARGV[3]), ARGV[4]
local prompt, outputMin = tonumber(ARGV[5]), tonumber(ARGV[7])
local inputPrice, outputPrice = tonumber(ARGV[8]), tonumber(ARGV[9])
local of, scopes = present(ARGV[10]), (#ARGV - 10) / 5
local output, boundScope, boundName = tonumber(ARGV[6]), 0, 0
local function bound(left, scope, name)
  if left < output then output, boundScope, boundName = left, scope, name end
end
for i = 1, scopes do
  local k, a = (i - 1) * 4, 10 + (i - 1) * 5
  local minuteMax, tokensMax, costMax = tonumber(ARGV[a + 2]), tonumber(ARGV[a + 4]), tonumber(ARGV[a + 5])
  if minuteMax >= 0 then bound(minuteMax - window(KEYS[k + 2]) - prompt, i, 2) end
  if tokensMax >= 0 or costMax >= 0 then
    local used = month(KEYS[k + 4], of)
    if not used then return { -1, i, 0 } end
    if tokensMax >= 0 then bound(tokensMax - used[1] - prompt, i, 4) end
    if costMax >= 0 and inputPrice >= 0 then
      local left = (costMax - used[2]) * 1000000 - prompt * inputPrice
      if left < 0 or (outputPrice == 0 and costMax <= used[2]) then bound(-1, i, 5)
      elseif outputPrice > 0 then bound(math.floor(left / outputPrice), i, 5) end
    end
  end
end
if output < outputMin then return answer(0, boundScope, boundName, standings(scopes, of)) end
local tokens, cost = prompt + output, 0
if inputPrice >= 0 then cost = math.ceil((prompt * inputPrice + output * outputPrice) / 1000000) end
local out = { 1, 0, 0, output, tokens, cost }
local isHeld = false
for i = 1, scopes do
  local k, a = (i - 1) * 4, 10 + (i - 1) * 5
  local windowId = ''
  if tonumber(ARGV[a + 2]) >= 0 then windowId = count(KEYS[k + 2], tokens, id) end
  if tonumber(ARGV[a + 4]) >= 0 or tonumber(ARGV[a + 5]) >= 0 then
    add(KEYS[k + 4], tokens, cost)
    hold(KEYS[k + 4], tokens, cost)
    redis.call('HSET', KEYS[k + 4], 'r:' .. id, tokens .. ':' .. cost)
    isHeld = true
  end
  out[#out + 1] = windowId
end
if isHeld then redis.call('ZADD', KEYS[#KEYS - 1], now + lease, member) end
local stand = standings(scopes, of)
for i = 1, #stand do out[#out + 1] = stand[i] end
return out
`)

/** ARGV: call, member of the leases, held tokens, taken tokens, taken cost, then the window of each scope. */
export const settleScript = defineRedisScript(`${common}
local id, member = ARGV[1], ARGV[2]
local tokens, cost = tonumber(ARGV[4]), tonumber(ARGV[5])
for i = 1, #ARGV - 5 do
  local k, windowId = (i - 1) * 4, ARGV[5 + i]
  if windowId ~= '' and redis.call('HGET', KEYS[k + 2], 'id') == windowId then
    redis.call('HINCRBY', KEYS[k + 2], 'n', tokens - tonumber(ARGV[3]))
  end
  local key = KEYS[k + 4]
  if redis.call('EXISTS', key) == 1 then
    local known = redis.call('HGET', key, 'r:' .. id)
    local isLoaded = redis.call('HEXISTS', key, 'tokens') == 1
    if known then
      local at = string.find(known, ':', 1, true)
      local heldTokens, heldCost = tonumber(string.sub(known, 1, at - 1)), tonumber(string.sub(known, at + 1))
      redis.call('HDEL', key, 'r:' .. id)
      if isLoaded then
        add(key, tokens - heldTokens, cost - heldCost)
        hold(key, -heldTokens, -heldCost)
      else
        redis.call('HINCRBY', key, 'v', 1)
      end
    elseif isLoaded then
      -- Loaded while the call was under way, or somebody else ended it: as what, only the ledger knows.
      redis.call('HDEL', key, 'tokens', 'cost', 'held_tokens', 'held_cost')
      redis.call('HINCRBY', key, 'v', 1)
    end
  end
end
redis.call('ZREM', KEYS[#KEYS - 1], member)
return 1
`)

/**
 * KEYS: one month. ARGV: the version seen, tokens, cost, milliseconds kept, the epoch and revision it is of. → 0 when it
 * changed meanwhile
 */
export const loadScript = defineRedisScript(`
local all = redis.call('HGETALL', KEYS[1])
local heldTokens, heldCost, version = 0, 0, ''
for i = 1, #all, 2 do
  if all[i] == 'v' then version = all[i + 1] end
  if string.sub(all[i], 1, 2) == 'r:' then
    local at = string.find(all[i + 1], ':', 1, true)
    heldTokens = heldTokens + tonumber(string.sub(all[i + 1], 1, at - 1))
    heldCost = heldCost + tonumber(string.sub(all[i + 1], at + 1))
  end
end
if version ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'tokens', ARGV[2] + heldTokens, 'cost', ARGV[3] + heldCost,
  'held_tokens', heldTokens, 'held_cost', heldCost, 'of', ARGV[5])
redis.call('HINCRBY', KEYS[1], 'v', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
`)

/** KEYS: places of streams of each scope. ARGV: lease ms, then seats. */
export const renewScript = defineRedisScript(`
local time = redis.call('TIME')
local till = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
for k = 1, #KEYS do
  for i = 2, #ARGV do redis.call('ZADD', KEYS[k], till, ARGV[i]) end
  redis.call('PEXPIRE', KEYS[k], ARGV[1])
end
return 1
`)

/** KEYS: months. What they hold for calls under way stays. */
export const distrustScript = defineRedisScript(`
for k = 1, #KEYS do
  if redis.call('EXISTS', KEYS[k]) == 1 then
    redis.call('HDEL', KEYS[k], 'tokens', 'cost', 'held_tokens', 'held_cost')
    redis.call('HINCRBY', KEYS[k], 'v', 1)
  end
end
return 1
`)

/** KEYS: the leases of all calls. ARGV: how many at most, milliseconds until they are looked at again. → members */
export const takeExpiredScript = defineRedisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local members = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for i = 1, #members do redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), members[i]) end
return members
`)
