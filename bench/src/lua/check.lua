-- Asks what the job file says, and holds every answer against what it must be.
--
-- The job: people   a file, one person a line: eight hexadecimal digits and a token
--          order    a file of line numbers, in which the people come; without it as they stand
--          start    how many of these to pass over
--          once     whether everybody may come but once
--          request  the bytes of a request, with $HEX and $TOKEN
--          status, parts, headers   the answer: `parts` are what stands between the places where the
--                   body names the person by the eight digits; a header is its value, or `true` for any
--          time     the name of a field whose value is any time, if there is one
--          own      whether the person that an answer names must be one that is waited for
answered, wrong, sent, ran_out, first_wrong = 0, 0, 0, 0, ""

local threads = {}
local job, hexes, requests, order, waiting = nil, {}, {}, nil, {}
local only, from, at, probed, time

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  job = dofile(args[1])
  for line in io.lines(job.people) do
    local hex, token = line:match("^(%x+) (%S+)$")
    hexes[#hexes + 1] = hex
    requests[#requests + 1] = (job.request:gsub("%$(%u+)", { HEX = hex, TOKEN = token }))
  end
  if job.order then
    order = {}
    for line in io.lines(job.order) do order[#order + 1] = tonumber(line) end
  end
  only = #job.parts == 1 and job.parts[1]
  from = #job.parts[1] + 1
  at = job.start
  time = job.time and '("' .. job.time .. '":")%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ'
end

function request()
  -- The generator asks once before it starts, to see what a request looks like.
  if not probed then
    probed = true
    return requests[1]
  end
  sent = sent + 1
  if job.once and sent > #requests then ran_out = 1 end
  local person
  if order then
    at = at % #order + 1
    person = order[at]
  else
    at = at % #requests + 1
    person = at
  end
  local hex = hexes[person]
  waiting[hex] = (waiting[hex] or 0) + 1
  return requests[person]
end

local function is_right(status, headers, body)
  if status ~= job.status then return false end
  for name, value in pairs(job.headers) do
    local came = headers[name]
    if not came or (value ~= true and came ~= value) then return false end
  end
  if time then body = body:gsub(time, "%1") end
  if only then return body == only end
  local hex = body:sub(from, from + 7)
  if body ~= table.concat(job.parts, hex) then return false end
  if job.own then
    local count = waiting[hex] or 0
    waiting[hex] = count - 1
    return count > 0
  end
  return true
end

function response(status, headers, body)
  answered = answered + 1
  if not is_right(status, headers, body) then
    wrong = wrong + 1
    if wrong == 1 then first_wrong = status .. " " .. body:sub(1, 300) end
  end
end

function done(summary)
  local thread, errors = threads[1], summary.errors
  local text = thread:get("first_wrong"):gsub('[%c"\\\128-\255]', function(byte)
    return string.format("\\u%04x", byte:byte())
  end)
  io.write(string.format(
    '{"answered":%d,"sent":%d,"wrong":%d,"ran_out":%s,"microseconds":%d,"broken":%d,"late":%d,"first_wrong":"%s"}\n',
    thread:get("answered"), thread:get("sent"), thread:get("wrong"), thread:get("ran_out") == 1, summary.duration,
    errors.connect + errors.read + errors.write, errors.timeout, text))
end
