-- Managed by Longhouse (role edge): /health and /health/<service>.
-- Asks each live service's ready address through its first upstream link. Answers are kept for a second, so that
-- a flood of /health is not a flood of database checks, and a silent service costs 1.5 s, never a hang.
local json = require "cjson.safe"
local readiness = require "longhouse-readiness"

local CONNECT_MS, SEND_MS, READ_MS = 250, 250, 1500
local KEPT_SECONDS = 1
local UNREACHABLE = '{"status":"unreachable","version":null,"colour":null,"checks":{}}'

local M = {}

-- The body behind chunked encoding, which some servers send to HTTP/1.0 too when the length is not known.
local function unchunked(body)
    local parts, from = {}, 1
    while true do
        local _, line_end, size = body:find("^(%x+)[^\r\n]*\r\n", from)
        size = size and tonumber(size, 16) or 0
        if size == 0 then
            return table.concat(parts)
        end
        parts[#parts + 1] = body:sub(line_end + 1, line_end + size)
        from = line_end + size + 3
    end
end

-- Returns the HTTP status and the body, or nil when nobody answered.
local function ask(name)
    local socket = ngx.socket.tcp()
    socket:settimeouts(CONNECT_MS, SEND_MS, READ_MS)
    if not socket:connect("unix:/run/longhouse/" .. name .. "/upstream/00") then
        return nil
    end
    -- HTTP/1.0: the service closes after its answer and does not chunk it.
    socket:send("GET " .. readiness[name] .. " HTTP/1.0\r\nHost: localhost\r\nX-Request-Id: "
        .. ngx.var.longhouse_request_id .. "\r\n\r\n")
    local head = socket:receiveuntil("\r\n\r\n")()
    local body = head and socket:receive("*a")
    socket:close()
    if body and head:lower():find("\r\ntransfer%-encoding:%s*chunked") then
        body = unchunked(body)
    end
    local status = head and head:match("^HTTP/1%.%d (%d%d%d)")
    if not status or not json.decode(body or "") then
        return nil
    end
    return tonumber(status), body
end

local function probe(name)
    local kept = ngx.shared.longhouse_health
    local answer = kept:get(name)
    if not answer then
        local status, body = ask(name)
        answer = (status == 200 and "200" or "503") .. (body or UNREACHABLE)
        kept:set(name, answer, KEPT_SECONDS)
    end
    return { status = tonumber(answer:sub(1, 3)), body = answer:sub(4) }
end

local function answer(status, body)
    ngx.status = status
    ngx.header["Content-Type"] = "application/json"
    ngx.header["Content-Length"] = #body
    ngx.print(body)
end

local function refuse_other_methods()
    local method = ngx.req.get_method()
    if method ~= "GET" and method ~= "HEAD" then
        return ngx.exit(ngx.HTTP_NOT_ALLOWED)
    end
end

-- {status, version, colour, checks} of one service, as the service says it.
function M.one(name)
    refuse_other_methods()
    local result = probe(name)
    answer(result.status, result.body)
end

-- {status, services: {name: {status, version, colour}}}: 200 when every live service is ready, else 503.
function M.all()
    refuse_other_methods()
    local threads, services, status = {}, {}, 200
    for name in pairs(readiness) do
        threads[name] = ngx.thread.spawn(probe, name)
    end
    for name, thread in pairs(threads) do
        local _, result = ngx.thread.wait(thread)
        local said = json.decode(result.body)
        services[name] = { status = said.status, version = said.version, colour = said.colour }
        if result.status ~= 200 then
            status = 503
        end
    end
    answer(status, json.encode({ status = status == 200 and "ok" or "unavailable", services = services }))
end

return M
