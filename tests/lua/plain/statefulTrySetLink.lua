-- SPDX-License-Identifier: MIT
-- The plain formulation of statefulTrySetLink, to measure against: separate calls, nothing checked.
local previous = redis.call('GET', KEYS[1])
if previous and previous ~= ARGV[2] and redis.call('TTL', KEYS[1]) == -1 then
    return {previous}
end
redis.call('SET', KEYS[1], ARGV[2])
if ARGV[3] == '-1' then
    redis.call('PERSIST', KEYS[1])
    redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
else
    redis.call('EXPIRE', KEYS[1], ARGV[3])
    redis.call('HDEL', KEYS[2], ARGV[1])
end
return {ARGV[2], previous or '-1'}
