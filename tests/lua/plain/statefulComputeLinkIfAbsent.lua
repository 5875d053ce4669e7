-- SPDX-License-Identifier: MIT
-- The plain formulation of statefulComputeLinkIfAbsent, to measure against: EXISTS-like questions as separate calls.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then
    return {redis.call('HGET', KEYS[1], ARGV[1])}
end
local states = redis.call('HGETALL', KEYS[2])
local best, least
for i = 1, #states, 2 do
    local load, stamp, routing = string.match(states[i + 1], '^(%-?%d+)%-(%d+)%-(%d)$')
    if routing == '1' and tonumber(stamp) >= tonumber(ARGV[2]) and (not least or tonumber(load) < least) then
        best, least = states[i], tonumber(load)
    end
end
if best then
    redis.call('HSET', KEYS[1], ARGV[1], best)
end
return {best or '-1'}
