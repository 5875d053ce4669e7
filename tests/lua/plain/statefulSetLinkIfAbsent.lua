-- SPDX-License-Identifier: MIT
-- The plain formulation of statefulSetLinkIfAbsent, to measure against: separate calls, nothing checked.
if redis.call('SETNX', KEYS[1], ARGV[2]) == 0 then
    return {redis.call('GET', KEYS[1])}
end
if ARGV[3] == '-1' then
    redis.call('PERSIST', KEYS[1])
    redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
else
    redis.call('EXPIRE', KEYS[1], ARGV[3])
    redis.call('HDEL', KEYS[2], ARGV[1])
end
return {ARGV[2]}
