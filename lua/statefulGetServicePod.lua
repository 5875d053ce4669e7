-- statefulGetServicePod: returns the best pod of a service: the one with the lowest load among the ready pods whose
-- state is new enough; among equals the one with the lowest index.
--
--   KEYS   1 state
--   ARGV   1 max age of a state in ms on the server's clock, 0: any age
--   reply  {pod}, or {"-1"} if no pod qualifies
--
-- A state is load-timestampMillis-routing, or load-timestampMillis, which means ready. Fields that are not a pod and
-- states that cannot be parsed are skipped.
--
--! keys: state
--! args: age
--! reply: list
--! read-only

local age = ARGV[1]

if age ~= '0' and not string.find(age, '^[1-9]%d*$') then
    return redis.error_reply("ERR podlink: max age '" .. string.gsub(string.sub(age, 1, 40), '[^ -~]', '?')
        .. "' is not a whole number from 0 on")
end

local oldest = 0
if age ~= '0' then
    local now = redis.call('TIME')
    oldest = now[1] * 1000 + math.floor(now[2] / 1000) - age
end

-- The same loop is in statefulComputeLinkIfAbsent. Both must pick the same pod.
local states, match = redis.call('HGETALL', KEYS[1]), string.match
local best, least = -1, math.huge
for i = 1, #states, 2 do
    local load, stamp, routing = match(states[i + 1], '^(%-?%d+)%-(%d+)(%-?1?)$')
    if load and routing ~= '-' and stamp + 0 >= oldest then
        load = tonumber(load)
        local field = states[i]
        local pod = tonumber(field)
        if (load < least or load == least and pod and pod < best)
                and (field == '0' or string.find(field, '^[1-9]%d*$') and pod <= 2147483647) then
            best, least = pod, load
        end
    end
end
return {string.format('%d', best)}
