-- Raises the watermark under KEYS[1], "<epoch> <microseconds> <run id> <published keys>", and gives its
-- epoch and time as they are now.
--
-- ARGV: 1 how long ago, in microseconds, everything had been delivered
--       2 the epoch that begins if data may be lost, 3 the epoch and 4 the time that the caller saw last
--       5 the digest of the keys that are published
--
-- Time is this server's own, so that no two machines' clocks are ever compared. Data may be lost when
-- the watermark is gone, went back, or was written by another run of the server.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local time = redis.call('TIME')
local delivered = time[1] * 1000000 + time[2] - tonumber(ARGV[1])
local epoch, at, writer = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+) (%x+) ')
at = tonumber(at)
if not epoch or writer ~= run_id or (epoch == ARGV[3] and at < tonumber(ARGV[4])) then
  epoch, at = ARGV[2], 0
end
if delivered < at then
  delivered = at
end
local text = string.format('%.0f', delivered)
redis.call('SET', KEYS[1], epoch .. ' ' .. text .. ' ' .. run_id .. ' ' .. ARGV[5])
return {epoch, text}
