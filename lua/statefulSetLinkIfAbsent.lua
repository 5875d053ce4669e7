-- statefulSetLinkIfAbsent: links a uid to a pod of a service if there is no link. An existing link does not change, nor
-- does its TTL.
--
--   KEYS   1 link, 2 index
--   ARGV   1 service, 2 pod, 3 persist: -1 for ever, or 1 to 2147483647 seconds
--   reply  {pod in force}
--
-- An existing link is the common case: one GET answers it, before any argument is checked. If there is none, everything
-- that can fail does so before the first write: an invalid number here, an index of another type in HSET (which then
-- wrote nothing) or HEXISTS. A server that is out of memory refuses the first write. A temporary link is removed from
-- the index although there was no link: the link may have been deleted by hand.
--
--! keys: link index
--! args: service pod persist
--! reply: list
--! repeatable

local current = redis.call('GET', KEYS[1])
if current then
    return {current}
end

local pod, persist, find, call = ARGV[2], ARGV[3], string.find, redis.call

if pod ~= '0' and not find(pod, '^[1-9]%d*$') or #pod > 9 and pod + 0 > 2147483647 then
    return redis.error_reply("ERR podlink: pod '" .. string.gsub(string.sub(pod, 1, 40), '[^ -~]', '?')
        .. "' is not a whole number from 0 to 2147483647")
end

if persist == '-1' then
    call('HSET', KEYS[2], ARGV[1], pod)
    call('SET', KEYS[1], pod)
    return {pod}
end

if not find(persist, '^[1-9]%d*$') or #persist > 9 and persist + 0 > 2147483647 then
    return redis.error_reply("ERR podlink: persist '" .. string.gsub(string.sub(persist, 1, 40), '[^ -~]', '?')
        .. "' is neither -1 nor a whole number from 1 to 2147483647")
end

local indexed = call('HEXISTS', KEYS[2], ARGV[1])
call('SET', KEYS[1], pod, 'EX', persist)
if indexed == 1 then
    call('HDEL', KEYS[2], ARGV[1])
end
return {pod}
