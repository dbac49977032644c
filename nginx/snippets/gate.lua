-- Managed by Longhouse (role edge): a service that is held or under maintenance, without a reload.
-- `lhctl hold` and `lhctl maintenance` write files; requests to public routes look at them here.
-- A hold carries its own end, so that nothing that dies can hold requests for ever.
local HOLDS = "/run/longhouse-edge/hold/"              -- content: seconds since 1970 when it ends
local MAINTENANCE = "/var/lib/longhouse/maintenance/"  -- content: seconds for Retry-After
local LOOK_SECONDS = 0.05

local M = {}
local seen = {}
-- Requests of this worker that were counted, by Nginx's own id: unlike a variable set by the configuration, it is the
-- same after an internal redirect to an error's page.
local counted = {}

local function number_in(path)
    local file = io.open(path)
    if not file then
        return nil
    end
    local text = file:read("*l")
    file:close()
    return tonumber(text or "")
end

-- What the files say, at most LOOK_SECONDS old; kept by each worker for itself.
local function orders(name)
    local known, now = seen[name], ngx.now()
    if not known or now - known.at >= LOOK_SECONDS or now < known.at then
        known = { at = now, hold = number_in(HOLDS .. name), closed = number_in(MAINTENANCE .. name) }
        seen[name] = known
    end
    return known
end

-- Before a request goes to the service: waits while it is held, refuses it while it is under maintenance.
function M.pass(name, wait)
    local order = orders(name)
    while wait and order.hold and ngx.now() < order.hold and not order.closed do
        ngx.sleep(LOOK_SECONDS)
        order = orders(name)
    end
    if order.closed then
        ngx.var.longhouse_closed = order.closed
        return ngx.exit(ngx.HTTP_SERVICE_UNAVAILABLE)
    end
    -- A WebSocket stays for hours; who waits for requests to end does not wait for it.
    if wait and not ngx.var.http_upgrade then
        counted[ngx.var.request_id] = name
        ngx.shared.longhouse_gate:incr(name .. " " .. ngx.worker.pid(), 1, 0)
    end
end

-- When a request has ended, however it did.
function M.leave()
    local id = ngx.var.request_id
    local name = counted[id]
    if name then
        counted[id] = nil
        ngx.shared.longhouse_gate:incr(name .. " " .. ngx.worker.pid(), -1)
    end
end

-- How many requests the service has in hand, for `lhctl hold`. What a worker that died had in hand has ended with it.
function M.tell(name)
    local sum = 0
    for _, key in ipairs(ngx.shared.longhouse_gate:get_keys(0)) do
        local service, worker = key:match("^(%S+) (%d+)$")
        if service == name then
            local alive = io.open("/proc/" .. worker .. "/stat")
            if alive then
                alive:close()
                sum = sum + (ngx.shared.longhouse_gate:get(key) or 0)
            else
                ngx.shared.longhouse_gate:delete(key)
            end
        end
    end
    ngx.header["Content-Type"] = "text/plain"
    ngx.say(sum)
end

return M
