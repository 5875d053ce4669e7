-- statefulGetLinkIfPersist: the pod that a uid is linked to for ever.
--
--   KEYS   1 link
--   reply  {pod} if the link is persistent, {"-1"} if it is temporary or there is none
--
-- GET comes before PTTL, though the other order would save a call on a temporary link: a key of the wrong type is an
-- error, never "no link".
--
--! keys: link
--! args:
--! reply: list
--! read-only

local call = redis.call

local pod = call('GET', KEYS[1])
if pod and call('PTTL', KEYS[1]) == -1 then
    -- A link that holds the text -1 is corrupt: in quotes it is not taken for no link.
    return {pod == '-1' and "'-1'" or pod}
end
return {'-1'}
