-- SPDX-License-Identifier: MIT
-- The plain formulation of statefulGetServicePod, to measure against: every state has a routing, nothing checked.
local now = redis.call('TIME')
local oldest = now[1] * 1000 + math.floor(now[2] / 1000) - ARGV[1]
local states = redis.call('HGETALL', KEYS[1])
local best, least
for i = 1, #states, 2 do
    local load, stamp, routing = string.match(states[i + 1], '^(%-?%d+)%-(%d+)%-(%d)$')
    if routing == '1' and tonumber(stamp) >= oldest and (not least or tonumber(load) < least) then
        best, least = states[i], tonumber(load)
    end
end
return {best or '-1'}
