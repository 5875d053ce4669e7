-- statefulRemoveLinkWithId: like statefulRemoveLink, but only if the link is to the given pod.
--
--   KEYS   1 link, 2 index
--   ARGV   1 service, 2 persist: -1 deletes the link, 1 to 2147483647 makes it temporary for so many seconds, 3 pod
--   reply  {1}, or {0} if there was no link to this pod
--
-- A link to another pod does not change, nor does its index entry. If there is no link at all, an index entry is always
-- wrong, whatever pod it names, and is removed. Everything that can fail does so before the first write: an invalid
-- number here, a link of another type in GET, an index of another type in HDEL, which then wrote nothing.
--
--! keys: link index
--! args: service persist pod
--! reply: list

local persist, pod, find, call = ARGV[2], ARGV[3], string.find, redis.call

if persist ~= '-1' and (not find(persist, '^[1-9]%d*$') or #persist > 9 and persist + 0 > 2147483647) then
    return redis.error_reply("ERR podlink: persist '" .. string.gsub(string.sub(persist, 1, 40), '[^ -~]', '?')
        .. "' is neither -1 nor a whole number from 1 to 2147483647")
end
if pod ~= '0' and not find(pod, '^[1-9]%d*$') or #pod > 9 and pod + 0 > 2147483647 then
    return redis.error_reply("ERR podlink: pod '" .. string.gsub(string.sub(pod, 1, 40), '[^ -~]', '?')
        .. "' is not a whole number from 0 to 2147483647")
end

local current = call('GET', KEYS[1])
if current and current ~= pod then
    return {0}
end

call('HDEL', KEYS[2], ARGV[1])
if not current then
    return {0}
end

if persist == '-1' then
    call('DEL', KEYS[1])
else
    call('EXPIRE', KEYS[1], persist)
end
return {1}
