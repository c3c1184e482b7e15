-- Raises the watermark under KEYS[1], "<epoch> <microseconds> <run id> <key digest>". Returns its epoch and time.
--
-- ARGV: 1 the time, in microseconds by this server's clock, before which everything has been delivered
--       2 the epoch and 3 the time that the caller saw last
--       4 the digest of the published keys
--       5 the run whose clock the time was read from
--
-- All times are from this server's clock, so that the clocks of two machines are never compared. Data may have
-- been lost if the watermark is missing, went back, or was written by another run. Epoch numbers only grow, so
-- that an epoch that comes back is recognized as old.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local time = redis.call('TIME')
local delivered, last_epoch = tonumber(ARGV[1]), tonumber(ARGV[2])
local epoch, at, writer = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+) (%x+) ')
epoch, at = tonumber(epoch), tonumber(at)
local went_back = epoch and (epoch < last_epoch or (epoch == last_epoch and at < tonumber(ARGV[3])))
-- If the clock was set back, the watermark would stay in the future until the clock has caught up.
local is_ahead = at and at > time[1] * 1000000 + time[2]
if not epoch or writer ~= run_id or went_back or is_ahead then
  epoch, at = math.max(time[1] * 1000000 + time[2], last_epoch + 1, (epoch or 0) + 1), 0
end
-- A time by another server's clock means nothing here.
if delivered < at or ARGV[5] ~= run_id then
  delivered = at
end
local epoch_text, time_text = string.format('%.0f', epoch), string.format('%.0f', delivered)
redis.call('SET', KEYS[1], epoch_text .. ' ' .. time_text .. ' ' .. run_id .. ' ' .. ARGV[4])
return {epoch_text, time_text}
