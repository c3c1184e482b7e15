-- Returns the run_id of the server and its time in microseconds.
local time = redis.call('TIME')
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
return {run_id, string.format('%.0f', time[1] * 1000000 + time[2])}
