-- Managed by Longhouse (role edge): one record per request in the journal, with native fields, so that
-- `journalctl TRACE_ID=…` begins with the edge's line. https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
-- Written here because Nginx's own syslog output has text alone, and a process in between would cost every request more.
local ffi = require "ffi"
local json = require "cjson.safe"

ffi.cdef [[
int socket(int domain, int type, int protocol);
struct longhouse_unix_address { unsigned short family; char path[108]; };
long sendto(int fd, const void *data, size_t length, int flags, const struct longhouse_unix_address *to, unsigned int size);
]]

local AF_UNIX, SOCK_DGRAM, SOCK_CLOEXEC, MSG_DONTWAIT, EMSGSIZE = 1, 2, 0x80000, 0x40, 90
local ADDRESS = ffi.new("struct longhouse_unix_address", AF_UNIX, "/run/systemd/journal/socket")
local TEXT = {
    request_id = "longhouse_request_id", trace_id = "longhouse_trace_id", client = "remote_addr",
    method = "request_method", host = "host", uri = "request_uri", protocol = "server_protocol",
    service = "longhouse_service", length = "request_length", upstream = "upstream_addr",
    upstream_status = "upstream_status", upstream_connect = "upstream_connect_time",
    upstream_header = "upstream_header_time", upstream_time = "upstream_response_time", limit = "limit_req_status",
    tls = "ssl_protocol", curve = "ssl_curve", agent = "http_user_agent",
    colour = "upstream_http_x_longhouse_colour", release = "upstream_http_x_longhouse_release",
}
local NUMBERS = { request_time = "request_time", bytes = "bytes_sent", time = "msec" }

-- The kernel keeps some hundred records for journald; those of a flood wait here, in each worker, until it has read them.
local ROOM_BYTES = 16 * 1024 * 1024
local AGAIN_SECONDS = 0.02
-- A worker that ends must not stay for a journal that is stuck.
local TRIES_AT_THE_END = 100

local descriptor
local waiting, first, last, bytes, lost, sending = {}, 1, 0, 0, 0, nil
local M = {}

-- Whether there is nothing more to do about it: the journal has it, or never takes so large a one.
local function is_done_with(record)
    if not descriptor or descriptor < 0 then
        descriptor = ffi.C.socket(AF_UNIX, SOCK_DGRAM + SOCK_CLOEXEC, 0)
    end
    if ffi.C.sendto(descriptor, record, #record, MSG_DONTWAIT, ADDRESS, ffi.sizeof(ADDRESS)) >= 0 then
        return true
    end
    local too_large = ffi.errno() == EMSGSIZE
    lost = lost + (too_large and 1 or 0)
    return too_large
end

local function tell_of_lost()
    if lost > 0 then
        ngx.log(ngx.ERR, "the journal did not take the records of ", lost, " requests")
        lost = 0
    end
end

-- Whether all went.
local function send_waiting()
    while first <= last and is_done_with(waiting[first]) do
        bytes = bytes - #waiting[first]
        waiting[first] = nil
        first = first + 1
    end
    return first > last
end

local function keep_sending()
    local tries = TRIES_AT_THE_END
    while not send_waiting() and tries > 0 do
        tries = tries - (ngx.worker.exiting() and 1 or 0)
        ngx.sleep(AGAIN_SECONDS)
    end
    lost = lost + last - first + 1
    waiting, first, last, bytes, sending = {}, 1, 0, 0, nil
    tell_of_lost()
end

-- In the order of the requests, and without waiting for the journal: a stuck one must not stop the edge.
local function hand_over(record)
    if first > last and is_done_with(record) then
        return tell_of_lost()
    end
    if bytes + #record > ROOM_BYTES then
        lost = lost + 1
        return
    end
    last = last + 1
    waiting[last] = record
    bytes = bytes + #record
    sending = sending or ngx.timer.at(0, keep_sending)
end

local function escaped(byte)
    return ("\\u%04x"):format(byte:byte())
end

-- Once per request. What the journal did not get is counted, and told in the error log.
function M.record()
    local values = { status = ngx.status }
    for name, variable in pairs(TEXT) do
        values[name] = ngx.var[variable] or ""
    end
    for name, variable in pairs(NUMBERS) do
        values[name] = tonumber(ngx.var[variable]) or 0
    end
    -- JSON has no bare line break, so no value can begin a field of its own.
    -- It also has slashes escaped, which nobody can read or search for.
    local text = (json.encode(values) or "{}"):gsub("\\/", "/")
    -- One byte that is no text, and journalctl would show none of the record: clients could hide what they did.
    text = text:gsub("[\127-\255]", escaped)
    -- Warning or information: `journalctl -t nginx_access -p warning` is what clients could not be served with.
    local level = ngx.status >= 500 and 4 or 6
    local fields = "MESSAGE=" .. text .. "\nPRIORITY=" .. level .. "\nSYSLOG_IDENTIFIER=nginx_access\nHTTP_STATUS="
        .. ngx.status .. "\nTRACE_ID=" .. values.trace_id .. "\nREQUEST_ID=" .. values.request_id .. "\n"
    hand_over(fields)
end

return M
