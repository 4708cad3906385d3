-- One item back to a place of a list that is as long as it was looked at: 1 when it was there to be put back.
local place, size, item, expires = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
if redis.call('LLEN', KEYS[1]) ~= size then return 0 end
if redis.call('LREM', KEYS[2], 1, item) == 0 then return 0 end
if place == size then
  redis.call('RPUSH', KEYS[1], item)
elseif place == 0 then
  redis.call('LPUSH', KEYS[1], item)
else
  local rest = {}
  for _ = place, size - 1 do table.insert(rest, redis.call('RPOP', KEYS[1])) end
  redis.call('RPUSH', KEYS[1], item)
  for number = #rest, 1, -1 do redis.call('RPUSH', KEYS[1], rest[number]) end
end
if size == 0 and expires > 0 then redis.call('PEXPIREAT', KEYS[1], expires) end
return 1
