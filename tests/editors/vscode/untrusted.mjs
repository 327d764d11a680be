// A folder that nobody trusts: all is found and can be rewritten, and nothing of the folder's is run, until it is trusted.
import assert from "node:assert";
import { until, workbench } from "./workbench.mjs";

const { editors, vsix, screenshots, sample, python } = JSON.parse(process.argv[2]);
const name = "sample.py";
const line = sample.split("\n").findIndex((text) => text.trim().startsWith("for ")) + 1;
// What an attacker would leave there: a Python that every finder of interpreters finds.
const trap = `#!/bin/sh\ntouch "$(dirname "$0")/was-run"\nexec "${python}" "$@"\n`;
const files = { [name]: sample, ".venv/bin/python": trap };

await workbench({ editors, vsix, screenshots, files, settings: { "security.workspace.trust.startupPrompt": "never" }, trust: false }, async (bench) => {
  const { page } = bench;

  await bench.first("a loop is found, by no Python of the folder", async () => {
    await bench.settled();
    await bench.shot("1-restricted");
    assert(!bench.exists(".venv/bin/was-run"));
  });

  await bench.step("the lens says why it runs nothing", async () => {
    await bench.rest();
    await bench.press(bench.lenses().first());
    await until("an answer", async () => (await page.locator(".statusbar-item").allInnerTexts()).some((text) => /not run: .*trusted/.test(text)));
    await bench.rest();
    await bench.shot("2-not-run");
    assert(!bench.exists(".venv/bin/was-run"));
  });

  await bench.step("there is no command to verify", async () => {
    await bench.goTo(line, 6);
    assert.equal(await bench.offers("Loopless: Verify the Rewrite at the Cursor"), false);
    assert.equal(await bench.offers("Loopless: Explain the Loop at the Cursor"), true);
  });

  await bench.step("it can be rewritten", async () => {
    await bench.goTo(line, 6);
    await bench.press((await bench.lightBulb()).first(), 70);
    await until("the rewrite", async () => !(await bench.saved(name)).includes("for i in"));
    await page.keyboard.press("Control+z");
    await bench.settled();
    assert(!bench.exists(".venv/bin/was-run"));
  });

  await bench.step("trust brings verify, and the folder's Python", async () => {
    const first = bench.serverProcess();
    await bench.run("Workspaces: Manage Workspace Trust");
    await page.locator(".workspace-trust-editor").waitFor();
    await page.locator(".workspace-trust-editor .monaco-button", { hasText: "Trust" }).first().click();
    await until("another server", () => (bench.serverProcess() ?? first) !== first);
    await bench.close("Workspace Trust");
    await bench.settled();
    await bench.shot("3-trusted");
    assert(bench.exists(".venv/bin/was-run"));
    await bench.goTo(line, 6);
    assert.equal(await bench.offers("Loopless: Verify the Rewrite at the Cursor"), true);
  });

  await bench.step("nothing was said that nobody asked for", async () => assert.deepEqual(await bench.notifications(), []));
});
