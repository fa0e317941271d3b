/**
 * Lua of the gateway: `http-request lua.hold` lets a request wait until the backend in `txn.target` has a server again, for
 * `txn.hold` seconds at most; `txn.isheld` says afterwards that it has one. A process that is leaving learns of no new server:
 * `txn.left` says then for how many seconds its successor shall let the request wait. One that waits costs a timer, no thread.
 */
export function renderHoldScript(): string {
  return `-- Written by the gateway controller; changed by hand it is written again.
local every = 50
local function now()
  local time = core.now()
  return time.sec + time.usec / 1000000
end
local function is_there(backend)
  return backend ~= nil and (tonumber(backend:get_stats()["act"]) or 0) > 0
end
local function is_leaving(txn)
  local stopping = txn.f:stopping()
  return stopping == 1 or stopping == true
end
local function hold(txn)
  local backend = core.backends[txn:get_var("txn.target") or ""]
  local deadline = now() + (tonumber(txn:get_var("txn.hold")) or 0)
  while not is_there(backend) and not is_leaving(txn) and now() < deadline do
    core.msleep(every)
  end
  txn:set_var("txn.isheld", is_there(backend))
  if is_leaving(txn) then txn:set_var("txn.left", math.max(0, math.ceil(deadline - now()))) end
end
core.register_action("hold", { "http-req" }, hold, 0)
`;
}
