-- SPDX-License-Identifier: MIT
-- The plain formulation of statefulGetLinkService, to measure against: the fields, then the value of each.
local links = {}
for _, service in ipairs(redis.call('HKEYS', KEYS[1])) do
    table.insert(links, service)
    table.insert(links, redis.call('HGET', KEYS[1], service))
end
return links
