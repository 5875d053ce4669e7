-- statefulGetServicePod: the best pod of a service: of those that are ready and whose state is new enough, the one with
-- the least load; of equals the one with the lowest index.
--
--   KEYS   1 state
--   ARGV   1 max age of a state in ms by the server's clock, 0: any
--   reply  {pod}, or {"-1"} where none is ready
--
-- A state is load-timestampMillis-routing or load-timestampMillis, which is ready. One that reads otherwise is passed
-- over, as is a field that is not a pod.
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

-- The same loop stands in statefulComputeLinkIfAbsent: the two must pick alike.
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
