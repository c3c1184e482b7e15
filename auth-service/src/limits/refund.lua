-- Refunds one attempt to every key. ARGV: the interval in microseconds, for each key.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
for i, key in ipairs(KEYS) do
  local arrival = tonumber(redis.call('GET', key) or now) - tonumber(ARGV[i])
  if arrival <= now then
    redis.call('DEL', key)
  else
    local left = math.ceil((arrival - now) / 1000)
    redis.call('SET', key, string.format('%.0f', arrival), 'PX', string.format('%.0f', left))
  end
end
return '0'
