-- SPDX-License-Identifier: MIT
-- The plain formulation of statefulRemoveLinkWithId, to measure against: separate calls, nothing checked.
if redis.call('GET', KEYS[1]) ~= ARGV[3] then
    return {0}
end
redis.call('HDEL', KEYS[2], ARGV[1])
if ARGV[2] == '-1' then
    redis.call('DEL', KEYS[1])
else
    redis.call('EXPIRE', KEYS[1], ARGV[2])
end
return {1}
