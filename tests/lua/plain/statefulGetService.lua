-- SPDX-License-Identifier: MIT
-- The plain formulation of statefulGetService, to measure against: no routing, nothing checked.
local now = redis.call('TIME')
local oldest = now[1] * 1000 + math.floor(now[2] / 1000) - ARGV[1]
local states = redis.call('HGETALL', KEYS[1])
local live = {}
for i = 1, #states, 2 do
    local load, stamp = string.match(states[i + 1], '^(%-?%d+)%-(%d+)')
    if tonumber(stamp) >= oldest then
        table.insert(live, states[i])
        table.insert(live, states[i + 1])
    end
end
return live
