-- statefulGetLinkIfPersist: returns the pod of a persistent link.
--
--   KEYS   1 link
--   reply  {pod} if the link is persistent, {"-1"} if it is temporary or does not exist
--
-- PTTL first would save a call on a temporary link. But GET fails on a key of another type, where PTTL would report
-- "no link".
--
--! keys: link
--! args:
--! reply: list
--! read-only

local call = redis.call

local pod = call('GET', KEYS[1])
if pod and call('PTTL', KEYS[1]) == -1 then
    -- A link with the value -1 is corrupt. The quotes keep it distinct from the reply for "no link".
    return {pod == '-1' and "'-1'" or pod}
end
return {'-1'}
