-- SPDX-License-Identifier: MIT
-- The plain formulation of statefulGetLinkIfPersist, to measure against.
if redis.call('TTL', KEYS[1]) == -1 then
    return {redis.call('GET', KEYS[1])}
end
return {'-1'}
