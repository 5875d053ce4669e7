-- statefulRemoveLink: removes the link of a uid to a service, at once or after a time. In both cases it is removed from
-- the index at once.
--
--   KEYS   1 link, 2 index
--   ARGV   1 service, 2 persist: -1 deletes the link, 1 to 2147483647 makes it temporary for so many seconds
--   reply  {1}, or {0} if there was no link
--
-- Everything that can fail does so before the first write: an invalid number here, an index of another type in HEXISTS,
-- a link of another type in GETDEL or GETEX (DEL and EXPIRE would accept any type). The index is cleaned even if there
-- is no link: an index entry without a link is always wrong.
--
--! keys: link index
--! args: service persist
--! reply: list

local persist, find, call = ARGV[2], string.find, redis.call

if persist ~= '-1' and (not find(persist, '^[1-9]%d*$') or #persist > 9 and persist + 0 > 2147483647) then
    return redis.error_reply("ERR podlink: persist '" .. string.gsub(string.sub(persist, 1, 40), '[^ -~]', '?')
        .. "' is neither -1 nor a whole number from 1 to 2147483647")
end

local indexed = call('HEXISTS', KEYS[2], ARGV[1])
local link
if persist == '-1' then
    link = call('GETDEL', KEYS[1])
else
    link = call('GETEX', KEYS[1], 'EX', persist)
end
if indexed == 1 then
    call('HDEL', KEYS[2], ARGV[1])
end
return {link and 1 or 0}
