-- statefulSetState: stores the state of a pod of a service, with the time of the server, so that the clocks of the pods
-- need not agree.
--
--   KEYS   1 state
--   ARGV   1 pod, 2 load: a whole number of 64 bits, 3 routing: 0 to 3
--   reply  {1}
--
-- The state is the text load-timestampMillis-routing. The load stays a text: a Lua number is exact to 53 bits only.
--
--! keys: state
--! args: pod load routing
--! reply: list

local pod, load, routing = ARGV[1], ARGV[2], ARGV[3]

if pod ~= '0' and not string.find(pod, '^[1-9]%d*$') or #pod > 9 and pod + 0 > 2147483647 then
    return redis.error_reply("ERR podlink: pod '" .. string.gsub(string.sub(pod, 1, 40), '[^ -~]', '?')
        .. "' is not a whole number from 0 to 2147483647")
end

local sign, digits = string.match(load, '^(%-?)([1-9]%d*)$')
if load ~= '0' and (not digits or #digits > 19
        or #digits == 19 and digits > (sign == '' and '9223372036854775807' or '9223372036854775808')) then
    return redis.error_reply("ERR podlink: load '" .. string.gsub(string.sub(load, 1, 40), '[^ -~]', '?')
        .. "' is not a whole number of 64 bits")
end

if not string.find(routing, '^[0-3]$') then
    return redis.error_reply("ERR podlink: routing '" .. string.gsub(string.sub(routing, 1, 40), '[^ -~]', '?')
        .. "' is not a whole number from 0 to 3")
end

-- Before Redis 7, a script that has called TIME may only write if it replicates its effects.
if not redis.REDIS_VERSION_NUM then
    redis.replicate_commands()
end

-- TIME returns {seconds, microseconds}. %03d cuts the microseconds to three digits of milliseconds, which follow the
-- seconds.
local now = redis.call('TIME')
redis.call('HSET', KEYS[1], pod, string.format('%s-%s%03d-%s', load, now[1], now[2] / 1000, routing))
return {1}
