-- What Neovim 0.12 has and 0.11 has not: `vim.lsp.codelens.enable`, with the demands that 0.12 makes of its filter. A
-- stand-in, for there is no package of 0.12 to be had: it says what the plugin asks for, not how 0.12 draws it.
local asked = {}
vim.lsp.codelens.enable = function(enable, filter)
  filter = filter or {}
  assert(not (filter.bufnr and filter.client_id), "`bufnr` and `client_id` are mutually exclusive.")
  table.insert(asked, { enable, filter.bufnr })
end
vim.lsp.codelens.refresh = function() error("0.12 asks for lenses by itself, and calls this deprecated") end

vim.schedule(function()
  local attached = vim.wait(20000, function() return #asked > 0 end, 30)
  local expected = { { true, vim.api.nvim_get_current_buf() } }
  local errors = vim.v.errmsg
  io.stdout:write(vim.inspect(asked) .. errors .. "\n")
  vim.cmd((attached and vim.deep_equal(asked, expected) and errors == "") and "qall!" or "cquit 1")
end)
