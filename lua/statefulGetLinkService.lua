-- statefulGetLinkService: returns all persistent links of a uid.
--
--   KEYS   1 index
--   reply  {service, pod, service, pod, ...}, in no order; {} if there are none
--
--! keys: index
--! args:
--! reply: map
--! read-only

return redis.call('HGETALL', KEYS[1])
