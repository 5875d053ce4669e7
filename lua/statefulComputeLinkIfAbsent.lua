-- statefulComputeLinkIfAbsent: returns the pod in a field of a hash. If the field does not exist, picks the best pod of
-- a service and stores it there. The best pod is the one with the lowest load among the ready pods whose state is new
-- enough; among equals the one with the lowest index.
--
--   KEYS   1 hash, 2 state (in a cluster both in one slot)
--   ARGV   1 field, 2 oldest timestamp in ms: a state of exactly this time is still new enough
--   reply  {pod}, or {"-1"} if no pod qualifies; then nothing is stored
--
-- A state is load-timestampMillis-routing, or load-timestampMillis, which means ready. Fields that are not a pod and
-- states that cannot be parsed are skipped.
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

-- Before Redis 7, a script that has read a whole hash may only write if it replicates its effects.
if not redis.REDIS_VERSION_NUM then
    redis.replicate_commands()
end

-- The same loop is in statefulGetServicePod. Both must pick the same pod.
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
