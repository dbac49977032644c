-- Managed by Longhouse (role edge): connections end with an answer before a reload ends them without one.
-- What runs before every reload (roles/edge/files/edge_parting.py) writes a file and waits as long as an idle connection lives.
local PARTING = "/run/longhouse-edge/parting"  -- content: seconds since 1970 when it ends, so that nothing that dies leaves it
local LOOK_SECONDS = 0.05

local M = {}
local seen = { at = 0 }

-- What the request's Connection header shall be: Nginx then says "close" and hangs up after the answer.
function M.word()
    local now = ngx.now()
    if now - seen.at >= LOOK_SECONDS or now < seen.at then
        local file = io.open(PARTING)
        seen = { at = now, ends = file and tonumber(file:read("*l") or "") }
        if file then
            file:close()
        end
    end
    return seen.ends and now < seen.ends and "close" or ""
end

return M
