-- The six requests of the scenario as canned bytes: what wrk can do without running a scenario.
local turn = 0
local canned = {}

function init()
  local form = { ["Content-Type"] = "application/x-www-form-urlencoded" }
  local json = { ["Content-Type"] = "application/json" }
  canned = {
    wrk.format("GET", "/"),
    wrk.format("GET", "/product"),
    wrk.format("POST", "/cart", form, "sku=sku-20417&quantity=1&csrf=c5f1e0d2b3a4"),
    wrk.format("POST", "/checkout", json, '{"sku":"sku-20417","csrf":"c5f1e0d2b3a4","quantity":1}'),
    wrk.format("GET", "/orders/sku-20417"),
    wrk.format("GET", "/thanks"),
  }
end

function request()
  turn = turn % 6 + 1
  return canned[turn]
end
