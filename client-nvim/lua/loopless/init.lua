-- What Neovim does not do by itself: keep the lenses of a buffer fresh, and show the server's longer answers.
local M = {}

--- 0.12 keeps lenses fresh once it is told to, for a buffer or for a client: it takes no filter that names both, and
--- only a buffer's is off until then. 0.11 must be asked whenever they may have changed.
local function keep_lenses(client, bufnr)
  if vim.lsp.codelens.enable then
    vim.lsp.codelens.enable(true, { bufnr = bufnr })
    return
  end
  local refresh = function() vim.lsp.codelens.refresh({ bufnr = bufnr }) end
  local group = vim.api.nvim_create_augroup("loopless.lens." .. bufnr, {})
  vim.api.nvim_create_autocmd({ "BufEnter", "InsertLeave", "TextChanged", "CursorHold" }, { group = group, buffer = bufnr, callback = refresh })
  vim.api.nvim_create_autocmd("LspDetach", {
    group = group,
    buffer = bufnr,
    callback = function(event)
      if event.data.client_id ~= client.id then return end
      vim.lsp.codelens.clear(client.id, bufnr)
      vim.api.nvim_del_augroup_by_id(group)
    end,
  })
  refresh()
end

local function show(markdown)
  if type(markdown) ~= "string" or markdown == "" then
    vim.notify("loopless: no loop at the cursor")
    return
  end
  local lines = vim.split(vim.trim(markdown), "\n")
  local _, window = vim.lsp.util.open_floating_preview(lines, "markdown", { border = "rounded", focus_id = "loopless", max_width = 100 })
  vim.wo[window].linebreak = true
end

--- The server answers `loopless.explain` with text, which is for us to show: from a lens as from the command below.
function M.explain(command, context)
  local client = assert(vim.lsp.get_client_by_id(context.client_id))
  client:request("workspace/executeCommand", { command = "loopless.explain", arguments = command.arguments }, function(problem, markdown)
    if problem then
      vim.notify("loopless: " .. problem.message, vim.log.levels.ERROR)
    else
      show(markdown)
    end
  end, context.bufnr)
end

--- Called once for each buffer that the server attaches to.
function M.attach(client, bufnr)
  if vim.g.loopless_lens ~= false then keep_lenses(client, bufnr) end
  local function command(name, about, run) vim.api.nvim_buf_create_user_command(bufnr, name, run, { desc = about }) end
  command("LspLooplessExplain", "Say what the loop at the cursor does, and why it is or is not rewritten", function()
    local line = vim.api.nvim_win_get_cursor(0)[1] - 1
    M.explain({ arguments = { vim.uri_from_bufnr(bufnr), line } }, { client_id = client.id, bufnr = bufnr })
  end)
  command("LspLooplessCancelVerify", "Stop the verify run that is under way", function()
    client:exec_cmd({ title = "Cancel", command = "loopless.cancelVerify", arguments = {} }, { bufnr = bufnr })
  end)
end

return M
