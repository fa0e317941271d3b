/**
 * Lua of the gateway: `http-request lua.hold` lets a request wait until the backend in `txn.target` has a server again, for
 * `txn.hold` seconds at most; `txn.isheld` says afterwards that it has one. A request that waits costs a timer, no thread.
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
local function hold(txn)
  local backend = core.backends[txn:get_var("txn.target") or ""]
  local until_when = now() + (tonumber(txn:get_var("txn.hold")) or 0)
  while backend and not is_there(backend) and now() < until_when do
    core.msleep(every)
  end
  txn:set_var("txn.isheld", is_there(backend))
end
core.register_action("hold", { "http-req" }, hold, 0)
`;
}
