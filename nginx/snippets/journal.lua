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

local AF_UNIX, SOCK_DGRAM, SOCK_CLOEXEC, MSG_DONTWAIT = 1, 2, 0x80000, 0x40
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

local descriptor
local M = {}

local function escaped(byte)
    return ("\\u%04x"):format(byte:byte())
end

-- Once per request. Never waits: journald's queue is the only place where a record can be lost, and the error log says so.
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
    descriptor = descriptor or ffi.C.socket(AF_UNIX, SOCK_DGRAM + SOCK_CLOEXEC, 0)
    if ffi.C.sendto(descriptor, fields, #fields, MSG_DONTWAIT, ADDRESS, ffi.sizeof(ADDRESS)) < 0 then
        ngx.log(ngx.ERR, "the journal did not take the record of request ", values.request_id, " in trace ", values.trace_id)
    end
end

return M
