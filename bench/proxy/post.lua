-- wrk: one POST again and again, and what came of it as one line of JSON. Arguments: the size of the prompt in bytes.
function init(args)
  local size = tonumber(args[1])
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = '{"model":"m","prompt":"' .. string.rep("word ", size / 5) .. '","max_tokens":40,"temperature":0.10,"seed":9007199254740993,"stream":false}'
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"us":%d,"failed":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
