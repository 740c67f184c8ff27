-- Replays requests prepared beforehand. File: lines "<bytes>", each followed by that many bytes of one whole HTTP/1.1
-- request. "@@@@@@@@@@" in it becomes a running ten-digit number, so that every event is a new one.
-- Arguments: FILE FIRST_NUMBER
local requests, count, at, number = {}, 0, 0, 0
local mark = "@@@@@@@@@@"

local function pieces(text)
    local list, from = {}, 1
    while true do
        local first, last = text:find(mark, from, true)
        list[#list + 1] = text:sub(from, first and first - 1)
        if not first then return list end
        from = last + 1
    end
end


function init(args)
    local file = assert(io.open(args[1], "rb"))
    number = tonumber(args[2])
    local size = file:read("*l")
    while size do
        count = count + 1
        local list = pieces(file:read(tonumber(size)))
        requests[count] = #list == 1 and list[1] or list
        file:read(1)
        size = file:read("*l")
    end
    file:close()
    at = number % count
end

function request()
    at = at % count + 1
    local one = requests[at]
    if type(one) == "string" then return one end
    number = number + 1
    return table.concat(one, string.format("%010d", number))
end

function done(summary, latency, _)
    local errors = summary.errors
    io.write(string.format('\nresult {"requests":%d,"microseconds":%d,"bytes":%d,"failed":%d,"p50_ms":%.3f,"p99_ms":%.3f}\n',
        summary.requests, summary.duration, summary.bytes,
        errors.status + errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
