/**
 * Lua of the gateway: `http-request lua.mirror <backend>` sends a copy of the request to the frontend behind
 * `mirror.sock`, which passes it on to that backend. It runs beside the request: nothing waits for its answer. A body that
 * is not whole in HAProxy's buffer (16 KiB) cannot be copied: such a request is not mirrored.
 */
export function renderMirrorScript(socket: string): string {
  return `-- Written by the gateway controller; changed by hand it is written again.
local function mirror(txn, backend)
  local length = tonumber(txn.f:req_hdr("content-length") or "0") or 0
  local body = txn.f:req_body() or ""
  if #body < length or (txn.f:req_hdr("transfer-encoding") or "") ~= "" then return end
  local headers = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    headers[name] = {}
    for _, value in pairs(values) do table.insert(headers[name], value) end
  end
  headers["connection"] = nil
  headers["content-length"] = nil
  headers["x-slipway-mirror"] = { backend }
  local request = {
    url = "http://" .. (txn.f:req_hdr("host") or "mirror") .. txn.f:pathq(),
    headers = headers,
    dst = "unix@${socket}",
    timeout = 10000,
  }
  if length > 0 then request.body = body end
  local method = string.lower(txn.f:method())
  core.register_task(function()
    local client = core.httpclient()
    if client[method] then client[method](client, request) end
  end)
end
core.register_action("mirror", { "http-req" }, mirror, 1)
`;
}
