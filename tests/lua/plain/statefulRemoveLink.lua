-- SPDX-License-Identifier: MIT
-- The plain formulation of statefulRemoveLink, to measure against: separate calls, nothing checked.
redis.call('HDEL', KEYS[2], ARGV[1])
if redis.call('EXISTS', KEYS[1]) == 0 then
    return {0}
end
if ARGV[2] == '-1' then
    redis.call('DEL', KEYS[1])
else
    redis.call('EXPIRE', KEYS[1], ARGV[2])
end
return {1}
