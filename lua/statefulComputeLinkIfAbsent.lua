-- statefulComputeLinkIfAbsent: the pod stored in a field of a hash; where there is none, the best pod of a service is
-- picked and stored there. Best is, of the pods that are ready and whose state is new enough, the one with the least
-- load; of equals the one with the lowest index.
--
--   KEYS   1 hash, 2 state (both of one slot, in a cluster)
--   ARGV   1 field, 2 oldest timestamp in ms: a state of that age is still new enough
--   reply  {pod}, or {"-1"} where none is ready, and then nothing is stored
--
-- A state is load-timestampMillis-routing or load-timestampMillis, which is ready. One that reads otherwise is passed
-- over, as is a field that is not a pod.
--
--! keys: hash state
--! args: field oldest
--! reply: list
--! repeatable

local stored = redis.call('HGET', KEYS[1], ARGV[1])
if stored then
    return {stored}
end

local oldest = ARGV[2]
if not string.find(oldest, '^%-?%d+$') then
    return redis.error_reply("ERR podlink: oldest timestamp '"
        .. string.gsub(string.sub(oldest, 1, 40), '[^ -~]', '?') .. "' is not a whole number")
end
oldest = tonumber(oldest)

-- Before Redis 7 a script that read a whole hash may not write, unless it replicates its effects.
if not redis.REDIS_VERSION_NUM then
    redis.replicate_commands()
end

-- The same loop stands in statefulGetServicePod: the two must pick alike.
local states, match = redis.call('HGETALL', KEYS[2]), string.match
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

if best == -1 then
    return {'-1'}
end
local pod = string.format('%d', best)
redis.call('HSET', KEYS[1], ARGV[1], pod)
return {pod}
