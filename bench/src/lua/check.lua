-- Sends the requests of a job file with wrk and checks every response.
--
-- Fields of the job:
--   users       file with one user per line: eight hexadecimal digits and a token
--   order       file of line numbers that gives the order of the users; without it, they follow their file
--   skip        number of users to skip
--   once        true if each user may send only one request
--   request     the request, with the placeholders $HEX and $TOKEN
--   status      expected status
--   body_parts  expected body, split at each place where it contains the user's digits
--   headers     expected headers: the value, or true for any value
--   time_field  name of a body field that may hold any point in time; optional
--   user_must_be_in_flight   true if the user named in a response must have a request in flight

-- `done` reads these from the thread. Only numbers and strings can be read there.
answered, sent, wrong, users_exhausted, first_wrong = 0, 0, 0, 0, ""

local threads = {}
local job, hexes, requests, order, in_flight = nil, {}, {}, nil, {}
local whole_body, hex_start, position, probed, time_pattern

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  job = dofile(args[1])
  for line in io.lines(job.users) do
    local hex, token = line:match("^(%x+) (%S+)$")
    hexes[#hexes + 1] = hex
    requests[#requests + 1] = (job.request:gsub("%$(%u+)", { HEX = hex, TOKEN = token }))
  end
  if job.order then
    order = {}
    for line in io.lines(job.order) do order[#order + 1] = tonumber(line) end
  end
  whole_body = #job.body_parts == 1 and job.body_parts[1]
  hex_start = #job.body_parts[1] + 1
  position = job.skip
  time_pattern = job.time_field and '("' .. job.time_field .. '":")%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ'
end

function request()
  -- wrk calls this once before the run, to look at a request that it does not send.
  if not probed then
    probed = true
    return requests[1]
  end
  sent = sent + 1
  if job.once and sent > #requests then users_exhausted = 1 end
  local user
  if order then
    position = position % #order + 1
    user = order[position]
  else
    position = position % #requests + 1
    user = position
  end
  local hex = hexes[user]
  in_flight[hex] = (in_flight[hex] or 0) + 1
  return requests[user]
end

local function is_expected(status, headers, body)
  if status ~= job.status then return false end
  for name, expected in pairs(job.headers) do
    local value = headers[name]
    if not value or (expected ~= true and value ~= expected) then return false end
  end
  if time_pattern then body = body:gsub(time_pattern, "%1") end
  if whole_body then return body == whole_body end
  local hex = body:sub(hex_start, hex_start + 7)
  if body ~= table.concat(job.body_parts, hex) then return false end
  if job.user_must_be_in_flight then
    local count = in_flight[hex] or 0
    in_flight[hex] = count - 1
    return count > 0
  end
  return true
end

function response(status, headers, body)
  answered = answered + 1
  if not is_expected(status, headers, body) then
    wrong = wrong + 1
    if wrong == 1 then first_wrong = status .. " " .. body:sub(1, 300) end
  end
end

function done(summary)
  local thread, errors = threads[1], summary.errors
  local first = thread:get("first_wrong"):gsub('[%c"\\\128-\255]', function(byte)
    return string.format("\\u%04x", byte:byte())
  end)
  io.write(string.format(
    '{"answered":%d,"sent":%d,"wrong":%d,"first_wrong":"%s","users_exhausted":%s,'
      .. '"duration_micros":%d,"connection_errors":%d,"timeouts":%d}\n',
    thread:get("answered"), thread:get("sent"), thread:get("wrong"), first,
    thread:get("users_exhausted") == 1, summary.duration,
    errors.connect + errors.read + errors.write, errors.timeout))
end
