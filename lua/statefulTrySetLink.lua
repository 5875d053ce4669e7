-- statefulTrySetLink: links a uid to a pod of a service, unless there is a persistent link to another pod. A temporary
-- link, and a link to the same pod, are replaced.
--
--   KEYS   1 link, 2 index
--   ARGV   1 service, 2 pod, 3 persist: -1 for ever, or 1 to 2147483647 seconds
--   reply  refused: {pod in force}; set: {pod in force, previous pod or "-1"}
--
-- The numbers are checked first, because pods are compared as text, which needs their canonical form. Everything else
-- that can fail does so before the first write: a link of another type in GET, an index of another type in HSET (which
-- then wrote nothing) or HEXISTS.
--
--! keys: link index
--! args: service pod persist
--! reply: list
--! repeatable

local pod, persist, find, call = ARGV[2], ARGV[3], string.find, redis.call

if pod ~= '0' and not find(pod, '^[1-9]%d*$') or #pod > 9 and pod + 0 > 2147483647 then
    return redis.error_reply("ERR podlink: pod '" .. string.gsub(string.sub(pod, 1, 40), '[^ -~]', '?')
        .. "' is not a whole number from 0 to 2147483647")
end
if persist ~= '-1' and (not find(persist, '^[1-9]%d*$') or #persist > 9 and persist + 0 > 2147483647) then
    return redis.error_reply("ERR podlink: persist '" .. string.gsub(string.sub(persist, 1, 40), '[^ -~]', '?')
        .. "' is neither -1 nor a whole number from 1 to 2147483647")
end

local previous = call('GET', KEYS[1])
if previous and previous ~= pod then
    -- Before Redis 7, a script that has called PTTL may only write if it replicates its effects.
    if not redis.REDIS_VERSION_NUM then
        redis.replicate_commands()
    end
    if call('PTTL', KEYS[1]) == -1 then
        return {previous}
    end
end

-- For a link to the same pod only the TTL is written, which costs half of a SET.
if persist == '-1' then
    call('HSET', KEYS[2], ARGV[1], pod)
    if previous == pod then
        call('PERSIST', KEYS[1])
    else
        call('SET', KEYS[1], pod)
    end
else
    local indexed = call('HEXISTS', KEYS[2], ARGV[1])
    if previous == pod then
        call('EXPIRE', KEYS[1], persist)
    else
        call('SET', KEYS[1], pod, 'EX', persist)
    end
    if indexed == 1 then
        call('HDEL', KEYS[2], ARGV[1])
    end
end
return {pod, previous or '-1'}
