-- `:checkhealth loopless`
local M = {}
local health = vim.health

local function output(command)
  local ok, result = pcall(function() return vim.system(command, { text = true, timeout = 60000 }):wait() end)
  if not ok then return nil, tostring(result) end
  return vim.trim((result.stdout or "") .. (result.stderr or "")), result.code
end

local function editor()
  health.start("loopless: Neovim")
  local version = tostring(vim.version())
  if vim.fn.has("nvim-0.11") == 1 then
    health.ok("Neovim " .. version)
  else
    health.error("Neovim " .. version .. " has no vim.lsp.config", "Update Neovim to 0.11 or newer.")
  end
end

--- The command to start, or nil where a function makes the connection.
local function command()
  local cmd = (vim.lsp.config.loopless or {}).cmd
  return type(cmd) == "table" and cmd or nil
end

local function server()
  health.start("loopless: server")
  local cmd = command()
  if not cmd then
    health.info("the server is started by a function of yours")
    return
  end
  if vim.fn.executable(cmd[1]) == 0 then
    health.error("there is no program " .. cmd[1], {
      "Install Loopless, or name its path: vim.lsp.config('loopless', { cmd = { '/path/to/loopless', 'server' } })",
    })
    return
  end
  health.ok(table.concat(cmd, " ") .. " (" .. vim.fn.exepath(cmd[1]) .. ")")
  if cmd[#cmd] ~= "server" then return end
  local doctor = vim.list_extend(vim.list_slice(cmd, 1, #cmd - 1), { "doctor" })
  local report, code = output(doctor)
  health.start("loopless: doctor")
  if not report then
    health.error("it does not run: " .. code)
    return
  end
  local say = code == 0 and health.info or health.warn
  say(report)
end

local function clients()
  health.start("loopless: buffers")
  if not vim.lsp.is_enabled("loopless") then health.warn("not enabled", "vim.lsp.enable('loopless')") end
  local running = vim.lsp.get_clients({ name = "loopless" })
  if #running == 0 then health.info("no Python buffer is open") end
  for _, client in ipairs(running) do
    local version = (client.server_info or {}).version or "of unknown version"
    health.ok(("server %s, root %s, columns in %s, %d buffers"):format(
      version, client.root_dir or "none", client.offset_encoding, vim.tbl_count(client.attached_buffers)))
  end
end

function M.check()
  editor()
  server()
  clients()
end

return M
