-- For wrk: cycles through the prepared requests in a file.
-- REQUESTS: a file with one request per line, METHOD \t PATH \t BODY; HEADERS: "Name: value" lines.
local requests, count, at = {}, 0, 0
function init()
  local headers = {}
  for name, value in (os.getenv("HEADERS") or ""):gmatch("([^:\n]+): ([^\n]*)") do headers[name] = value end
  for line in io.lines(os.getenv("REQUESTS")) do
    local method, path, body = line:match("^(.-)\t(.-)\t(.*)$")
    count = count + 1
    requests[count] = wrk.format(method, path, headers, body ~= "" and body or nil)
  end
end
function request() at = at % count + 1; return requests[at] end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration, summary.bytes,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
