-- The server's configuration, found by `vim.lsp.enable("loopless")`. Change any field by `vim.lsp.config("loopless", …)`.

---@type vim.lsp.Config
return {
  cmd = { "loopless", "server" },
  filetypes = { "python" },
  root_markers = { "loopless.toml", "pyproject.toml", "setup.py", ".git" },
  settings = { loopless = {} },
  commands = {
    ["loopless.explain"] = function(...) require("loopless").explain(...) end,
  },
  on_attach = function(client, bufnr) require("loopless").attach(client, bufnr) end,
}
