-- Charges one attempt to every key, or to none if one of them is used up.
-- ARGV: interval and tolerance in microseconds, for each key. Returns the microseconds to wait, 0 if charged.
-- A key stores when the next attempt would be due without a burst (GCRA's theoretical arrival time).
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local arrivals = {}
for i, key in ipairs(KEYS) do
  local arrival = tonumber(redis.call('GET', key) or now)
  if arrival < now then arrival = now end
  local wait = arrival - tonumber(ARGV[2 * i]) - now
  if wait > 0 then return string.format('%.0f', wait) end
  arrivals[i] = arrival + tonumber(ARGV[2 * i - 1])
end
for i, key in ipairs(KEYS) do
  local left = math.ceil((arrivals[i] - now) / 1000)
  redis.call('SET', key, string.format('%.0f', arrivals[i]), 'PX', string.format('%.0f', math.max(left, 1)))
end
return '0'
