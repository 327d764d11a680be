// Which Python runs the server: the Python Environments extension's, the Python extension's, or that of .venv. The two are
// not to be had here, so stand-ins with their names give the answers that those give.
import assert from "node:assert";
import { workbench } from "./workbench.mjs";

const { editors, vsix, screenshots, sample, python } = JSON.parse(process.argv[2]);
const program = `#!/bin/sh\nexec "${python}" "$@"\n`;
const files = { "sample.py": sample, "environment/bin/python": program, "selected/bin/python": program, ".venv/bin/python": program };
const folder = 'require("vscode").workspace.workspaceFolders[0].uri.fsPath';

const environments = {
  id: "ms-python.vscode-python-envs",
  code: `exports.activate = () => ({
    getEnvironment: async () => ({ execInfo: { run: { executable: ${folder} + "/environment/bin/python" } } }),
    onDidChangeEnvironment: () => ({ dispose() {} }),
  });`,
};
// Its exports are empty where a setting has switched it off.
const switchedOff = { ...environments, code: "exports.activate = () => undefined;" };
const pythons = {
  id: "ms-python.python",
  code: `exports.activate = () => ({ environments: {
    getActiveEnvironmentPath: () => ({ path: "selected" }),
    resolveEnvironment: async () => ({ executable: { uri: require("vscode").Uri.file(${folder} + "/selected/bin/python") } }),
    onDidChangeActiveEnvironmentPath: () => ({ dispose() {} }),
  } });`,
};
const broken = { ...pythons, code: 'exports.activate = () => { throw new Error("no"); };' };

const cases = [
  ["the Python Environments extension wins", [environments, pythons], "environment"],
  ["where it is switched off, the Python extension", [switchedOff, pythons], "selected"],
  ["where neither helps, .venv", [broken], ".venv"],
];

for (const [name, extensions, expected] of cases) {
  await workbench({ editors, vsix, screenshots, files, extensions }, async (bench) => {
    await bench.first(name, async () => {
      await bench.settled();
      const started = /Starting (\S+)/.exec(bench.logs())?.[1];
      assert.equal(started, `${bench.folder}/${expected}/bin/python`);
    });
    await bench.step("nothing was said that nobody asked for", async () => assert.deepEqual(await bench.notifications(), []));
  });
}
