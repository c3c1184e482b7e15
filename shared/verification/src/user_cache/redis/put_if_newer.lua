-- Keeps ARGV[2] under KEYS[1] for ARGV[3] milliseconds, unless the version that is held is ARGV[1]
-- or higher. A value begins with its version and a line break.
local held = redis.call('GET', KEYS[1])
local version = held and tonumber(string.match(held, '^(%d+)\n'))
if version and version >= tonumber(ARGV[1]) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
