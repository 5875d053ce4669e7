-- SPDX-License-Identifier: MIT
-- The plain formulation of statefulSetLink, to measure against: separate calls, nothing checked.
local previous = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[2])
if ARGV[3] == '-1' then
    redis.call('PERSIST', KEYS[1])
    redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
else
    redis.call('EXPIRE', KEYS[1], ARGV[3])
    redis.call('HDEL', KEYS[2], ARGV[1])
end
return {previous or '-1'}
