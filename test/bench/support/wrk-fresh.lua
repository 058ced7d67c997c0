-- wrk sends one request again and again; this writes new ids over those of the body before every one.
-- BENCH_REQUEST: a file with the whole HTTP request; BENCH_PLACES: offsets in it, one a line;
-- BENCH_FIRST: the number that the first request writes.
local ffi = require('ffi')
local bytes, length
local places = {}
local number = tonumber(os.getenv('BENCH_FIRST'))

function init()
  local file = assert(io.open(os.getenv('BENCH_REQUEST'), 'rb'))
  local text = file:read('*a')
  file:close()
  length = #text
  bytes = ffi.new('uint8_t[?]', length)
  ffi.copy(bytes, text, length)
  for line in io.lines(os.getenv('BENCH_PLACES')) do
    places[#places + 1] = tonumber(line)
  end
end

function request()
  local a = math.floor(number / 16777216) % 256
  local b = math.floor(number / 65536) % 256
  local c = math.floor(number / 256) % 256
  local d = number % 256
  number = number + 1
  for i = 1, #places do
    local at = places[i]
    bytes[at] = a
    bytes[at + 1] = b
    bytes[at + 2] = c
    bytes[at + 3] = d
  end
  return ffi.string(bytes, length)
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('RESULT %d %d %d %d %d\n', summary.requests, summary.duration,
    failed, latency:percentile(50), latency:percentile(99)))
end
