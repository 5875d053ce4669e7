-- statefulRemoveLink: removes the link of a uid to a service, at once or after a time; always takes it out of the
-- index.
--
--   KEYS   1 link, 2 index
--   ARGV   1 service, 2 persist: -1 deletes at once, 1 to 2147483647 keeps the link as temporary for that many seconds
--   reply  {1}, or {0} where there was none
--
-- All that can fail does so before the first write: a bad number here, an index of the wrong type in HEXISTS, a link of
-- the wrong type in GETDEL or GETEX (DEL and EXPIRE would take any type). The index is cleaned even where there is no
-- link: without a link, an entry in the index is always wrong.
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
