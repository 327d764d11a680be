// One file for the extension, so that the package needs no node_modules.
import { build } from "esbuild";

await build({
  entryPoints: ["client-vscode/src/extension.ts"],
  outfile: "client-vscode/dist/extension.js",
  bundle: true,
  platform: "node",
  target: "node20",
  external: ["vscode"],
  minify: process.argv.includes("--minify"),
  sourcemap: process.argv.includes("--minify") ? false : "linked",
  legalComments: "none",
  logLevel: "warning",
});
