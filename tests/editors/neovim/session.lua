-- What a person does in Neovim: find, read, verify, rewrite, undo, explain. Exit status 1 when any of it failed.
local function wait(what, probe, patience)
  local value
  local function found()
    value = probe()
    return value and true or false
  end
  assert(vim.wait(patience or 20000, found, 30), "waited in vain for " .. what)
  return value
end

local function text() return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n") end
local function is_rewritten() return not text():find("for i in", 1, true) end

local function float()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= "" then
      local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
      vim.api.nvim_win_close(window, true)
      return table.concat(lines, "\n")
    end
  end
end

local function lens()
  for _, one in ipairs(vim.lsp.codelens.get(0)) do
    if one.command then return one.command.title end
  end
end

local function apply(filter)
  vim.lsp.buf.code_action({ context = { only = { "quickfix" }, diagnostics = {} }, filter = filter, apply = true })
end

local steps = {
  { "the server attaches", function()
    wait("the server", function() local client = vim.lsp.get_clients({ bufnr = 0, name = "loopless" })[1]; return client and client.initialized end)
  end },
  { "a loop is found", function()
    local found = wait("a diagnostic", function() return vim.diagnostic.get(0)[1] end)
    assert(found.source == "loopless" and found.code == "elementwise", vim.inspect(found))
    local line = vim.api.nvim_buf_get_lines(0, found.lnum, found.lnum + 1, false)[1]
    assert(line:sub(found.col + 1, found.col + 3) == "for", "the finding is not on the loop: " .. line:sub(found.col + 1))
    vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col })
  end },
  { "the hover teaches", function()
    vim.lsp.buf.hover()
    local hover = wait("the hover", float)
    assert(hover:find("elementwise", 1, true), hover)
  end },
  { "the lens is there without being asked for", function()
    local title = wait("a lens", lens)
    assert(title:find("^Verify on"), title)
  end },
  { "the lens gives a verdict", function()
    vim.lsp.codelens.run()
    local verdict = wait("a verdict", function()
      local title = lens()
      return title and not title:find("^Verify") and title
    end, 90000)
    assert(verdict:find("^✓"), verdict)
  end },
  { "the preferred rewrite is applied, and undone", function()
    local before = text()
    apply(function(action) return action.isPreferred end)
    wait("the rewrite", is_rewritten)
    vim.cmd("silent undo")
    assert(text() == before, text())
    wait("the finding again", function() return #vim.diagnostic.get(0) == 1 end)
  end },
  { "the reasons can be read", function()
    vim.cmd("LspLooplessExplain")
    assert(#wait("the explanation", float) > 0)
  end },
  { "all safe rewrites at once", function()
    vim.lsp.buf.code_action({ context = { only = { "source.fixAll.loopless" }, diagnostics = {} }, apply = true })
    wait("the rewrite", is_rewritten)
    wait("no finding", function() return #vim.diagnostic.get(0) == 0 end)
    vim.cmd("silent undo")
  end },
  { "a server that is killed leaves nothing behind, and a new one finds the same", function()
    local client = vim.lsp.get_clients({ name = "loopless" })[1]
    client:stop(true)
    wait("its end", function() return #vim.lsp.get_clients({ name = "loopless" }) == 0 end)
    vim.lsp.enable("loopless", false)
    vim.lsp.enable("loopless")
    vim.cmd("doautocmd FileType")
    wait("a diagnostic", function() return #vim.diagnostic.get(0) == 1 end)
  end },
  { "checkhealth finds nothing wrong", function()
    vim.cmd("checkhealth loopless")
    local report = text()
    print(report)
    assert(not report:find("ERROR", 1, true), report)
    assert(report:find("OK server", 1, true) or report:find("server 0", 1, true), report)
  end },
  { "the help is found", function()
    vim.cmd("helptags " .. vim.fn.fnameescape(vim.env.LOOPLESS_PLUGIN .. "/doc"))
    vim.cmd("help loopless-setup")
    assert(vim.api.nvim_buf_get_name(0):find("loopless.txt", 1, true))
  end },
}

-- Scheduled, for an error in a script given by -S would leave a headless Neovim waiting for ever.
vim.schedule(function()
  local failed = false
  for _, step in ipairs(steps) do
    local ok, problem = xpcall(step[2], debug.traceback)
    io.stdout:write((ok and "ok     " or "FAILED ") .. step[1] .. "\n")
    if not ok then io.stdout:write(problem .. "\n") end
    failed = failed or not ok
    if failed and #vim.diagnostic.get(0) == 0 then break end -- Without a finding nothing after it makes sense.
  end
  vim.cmd(failed and "cquit 1" or "qall!")
end)
