-- statefulGetService: returns the live pods of a service: those whose state is new enough, whatever their routing.
--
--   KEYS   1 state
--   ARGV   1 max age of a state in ms on the server's clock, 0: any age
--   reply  {pod, state, pod, state, ...}, in no order; {} if there are none
--
-- A state is load-timestampMillis-routing or load-timestampMillis. Fields that are not a pod and states that cannot be
-- parsed are left out.
--
--! keys: state
--! args: age
--! reply: map
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

local states, match = redis.call('HGETALL', KEYS[1]), string.match
local live = {}
for i = 1, #states, 2 do
    local pod, state = states[i], states[i + 1]
    local stamp, routing = match(state, '^%-?%d+%-(%d+)(%-?[0-3]?)$')
    -- A routing of '-' means that its digit is missing. A digit without '-' is part of the timestamp, never a routing.
    if stamp and routing ~= '-' and stamp + 0 >= oldest
            and (pod == '0' or string.find(pod, '^[1-9]%d*$') and pod + 0 <= 2147483647) then
        live[#live + 1] = pod
        live[#live + 1] = state
    end
end
return live
