-- Answers of the edge to those who are still sending. HAProxy 2.6 would answer and close, and the kernel then throws the answer
-- away with what was not read: the client sees a broken pipe instead of why. So this answers first and goes on reading for a while.
-- Used by haproxy.cfg as lua.refuse_<status>.

local BYTES = 64 * 1024 * 1024
local SECONDS = 10
local PIECE = 16384

local function problem(applet, kind, status, title, detail)
    return string.format('{"type":"/problems/edge/%s","title":"%s","status":%d,"detail":"%s","request_id":"%s"}', kind, title, status,
        detail, applet.f:unique_id() or "")
end

local function refuse(kind, status, title, detail, wait)
    core.register_service("refuse_" .. status, "http", function(applet)
        local body = problem(applet, kind, status, title, detail)
        applet:set_status(status)
        applet:add_header("content-type", "application/problem+json")
        applet:add_header("content-length", tostring(#body))
        applet:add_header("cache-control", "no-store")
        if wait then applet:add_header("retry-after", tostring(wait)) end
        applet:start_response()
        applet:send(body)
        local left, last = BYTES, core.now().sec + SECONDS
        while left > 0 and core.now().sec <= last do
            local piece = applet:receive(PIECE)
            if not piece or #piece == 0 then return end
            left = left - #piece
        end
    end)
end

refuse("content_too_large", 413, "Content too large", "The body is larger than this address takes.")
refuse("too_many_uploads", 429, "Too many requests", "As many uploads of this source are under way as may be: finish one first.", 1)
refuse("uploads_busy", 503, "Service unavailable", "As many uploads are under way as this installation takes at once.", 2)
