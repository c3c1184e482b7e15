-- Stores ARGV[2] under KEYS[1] for ARGV[3] milliseconds, unless the stored version is ARGV[1] or higher.
-- Returns 1 if it was stored, otherwise 0. A value starts with its version and a line feed.
local held = redis.call('GET', KEYS[1])
local version = held and tonumber(string.match(held, '^(%d+)\n'))
if version and version >= tonumber(ARGV[1]) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
