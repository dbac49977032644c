-- Managed by Longhouse (role edge): what clients got, by service. Counted here and not in the services, because only
-- the edge sees the 502, 503 and 504 of a service that is not there.
local readiness = require "longhouse-readiness"

-- Seconds; 0.5 is the latency objective of the rules.
local BOUNDS = { 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 }
-- 429 is the client's own doing and 499 its own leaving: neither is an error of ours, nor like other 4xx.
local OWN_CLASS = { [429] = "429", [499] = "499" }
local CLASSES = { "1xx", "2xx", "3xx", "4xx", "429", "499", "5xx" }
local SIDES = { "public", "internal" }

local counts = ngx.shared.longhouse_metrics
local M = {}

-- Once per request, after its last byte. Three additions in memory that all workers share.
function M.count()
    local service = ngx.var.longhouse_service
    if not service or service == "" then
        return
    end
    local side = ngx.var.https == "on" and "public " or "internal "
    local status, seconds = ngx.status, tonumber(ngx.var.request_time) or 0
    local class = OWN_CLASS[status] or math.floor(status / 100) .. "xx"
    local bucket = #BOUNDS + 1
    for index, bound in ipairs(BOUNDS) do
        if seconds <= bound then
            bucket = index
            break
        end
    end
    local series = side .. service
    counts:incr(series .. " " .. class, 1, 0)
    counts:incr(series .. " sum", seconds, 0)
    counts:incr(series .. " " .. bucket, 1, 0)
end

local function labels(side, service, more)
    return '{side="' .. side .. '",service="' .. service .. '"' .. (more or "") .. "} "
end

local function histogram(lines, side, service)
    local series, total = side .. " " .. service .. " ", 0
    for index = 1, #BOUNDS + 1 do
        total = total + (counts:get(series .. index) or 0)
        local bound = BOUNDS[index] or "+Inf"
        lines[#lines + 1] = "longhouse_edge_seconds_bucket" .. labels(side, service, ',le="' .. bound .. '"') .. total
    end
    lines[#lines + 1] = "longhouse_edge_seconds_sum" .. labels(side, service) .. (counts:get(series .. "sum") or 0)
    lines[#lines + 1] = "longhouse_edge_seconds_count" .. labels(side, service) .. total
end

-- Prometheus' text format, live services only. Every series is there from the start, so that a first error is a rise.
function M.show()
    local requests = { "# TYPE longhouse_edge_requests_total counter" }
    local seconds = { "# TYPE longhouse_edge_seconds histogram" }
    for service in pairs(readiness) do
        for _, side in ipairs(SIDES) do
            for _, class in ipairs(CLASSES) do
                local value = counts:get(side .. " " .. service .. " " .. class) or 0
                requests[#requests + 1] = "longhouse_edge_requests_total"
                    .. labels(side, service, ',status="' .. class .. '"') .. value
            end
            histogram(seconds, side, service)
        end
    end
    ngx.header.content_type = "text/plain; version=0.0.4"
    ngx.say(table.concat(requests, "\n"))
    ngx.say(table.concat(seconds, "\n"))
end

return M
