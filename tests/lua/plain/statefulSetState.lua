-- SPDX-License-Identifier: MIT
-- The plain formulation of statefulSetState, to measure against: nothing checked.
local now = redis.call('TIME')
local stamp = string.format('%.0f', tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000))
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. '-' .. stamp .. '-' .. ARGV[3])
return {1}
