-- What a user writes, two lines, and the place of the plugin and of the program, which a user has installed.
vim.opt.runtimepath:append(vim.env.LOOPLESS_PLUGIN)
vim.lsp.enable("loopless")
