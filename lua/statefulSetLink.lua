-- statefulSetLink: links a uid to a pod of a service, whatever it was linked to.
--
--   KEYS   1 link, 2 index
--   ARGV   1 service, 2 pod, 3 persist: -1 for ever, or 1 to 2147483647 seconds
--   reply  {previous pod, or "-1"}
--
-- Everything that can fail does so before the first write: an invalid number here, an index of another type in the
-- call that reads it, a link of another type in the first call that writes to it, which then wrote nothing.
--
-- Most calls link a uid to the pod that it already has. Then two commands suffice: one read of the index, and one
-- GETEX, which returns the previous pod and sets the TTL. Only what differs is written.
--
-- A server that is out of memory refuses a persistent link, but accepts a temporary one: it does not refuse GETEX, and
-- after its first write a script may continue.
--
--! keys: link index
--! args: service pod persist
--! reply: list

local pod, persist, find, call = ARGV[2], ARGV[3], string.find, redis.call

if pod ~= '0' and not find(pod, '^[1-9]%d*$') or #pod > 9 and pod + 0 > 2147483647 then
    return redis.error_reply("ERR podlink: pod '" .. string.gsub(string.sub(pod, 1, 40), '[^ -~]', '?')
        .. "' is not a whole number from 0 to 2147483647")
end

if persist == '-1' then
    local previous
    if call('HGET', KEYS[2], ARGV[1]) == pod then
        previous = call('GETEX', KEYS[1], 'PERSIST')
        if previous ~= pod then
            call('SET', KEYS[1], pod)
        end
    else
        previous = call('SET', KEYS[1], pod, 'GET')
        call('HSET', KEYS[2], ARGV[1], pod)
    end
    return {previous or '-1'}
end

if not find(persist, '^[1-9]%d*$') or #persist > 9 and persist + 0 > 2147483647 then
    return redis.error_reply("ERR podlink: persist '" .. string.gsub(string.sub(persist, 1, 40), '[^ -~]', '?')
        .. "' is neither -1 nor a whole number from 1 to 2147483647")
end

local indexed = call('HEXISTS', KEYS[2], ARGV[1])
local previous = call('GETEX', KEYS[1], 'EX', persist)
if not previous then
    call('SET', KEYS[1], pod, 'EX', persist)
elseif previous ~= pod then
    call('SET', KEYS[1], pod, 'KEEPTTL')
end
if indexed == 1 then
    call('HDEL', KEYS[2], ARGV[1])
end
return {previous or '-1'}
