/* global document, MutationObserver, window -- what runs in the page */
// A real VS Code in a clean profile, with the built package in it, and a page to see and to touch it.
import assert from "node:assert";
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

const editor = ".editor-group-container.active .editor-instance .monaco-editor";

/** Open `files` in a fresh VS Code, give the workbench to `use`, and leave nothing behind. */
export async function workbench({ editors, vsix, screenshots, files, settings = {}, trust = true, extensions = [] }, use) {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "loopless-vscode-")));
  const at = (...parts) => path.join(folder, ...parts);
  for (const part of ["workspace", "extensions", "data/User", "data/Machine"]) fs.mkdirSync(at(part), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(at("workspace", name)), { recursive: true });
    fs.writeFileSync(at("workspace", name), text, { mode: name.includes("bin/") ? 0o755 : 0o644 });
  }
  const calm = {
    "workbench.startupEditor": "none",
    "workbench.reduceMotion": "on",
    "editor.minimap.enabled": false,
    "editor.stickyScroll.enabled": false,
    "editor.unicodeHighlight.ambiguousCharacters": false,
    "git.enabled": false,
  };
  // Settings of scope `machine` are read from the second place, because the editor is a remote to the browser.
  for (const place of ["User", "Machine"]) fs.writeFileSync(at("data", place, "settings.json"), JSON.stringify({ ...calm, ...settings }));
  fs.writeFileSync(at("config.yaml"), "auth: none\n");

  const program = [path.join(editors, "code-server"), "--config", at("config.yaml"), "--user-data-dir", at("data"), "--extensions-dir", at("extensions")];
  // Keeps PATH; asks no marketplace; knows no verdict of another run.
  const environment = { ...process.env, VSCODE_CLI: "1", EXTENSIONS_GALLERY: "{}", XDG_CACHE_HOME: at("cache") };
  const run = (...args) => [program[0], [...program.slice(1), ...args]];
  for (const each of [vsix, ...extensions.map((one) => standIn(at(one.id), one))]) {
    execFileSync(...run("--force", "--install-extension", each), { env: environment, stdio: ["ignore", "ignore", "inherit"] });
  }

  const port = await freePort();
  const log = fs.openSync(at("server.log"), "w");
  const flags = ["--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry", "--disable-update-check"];
  // Detached: a process group of its own, which can be ended as one.
  const server = spawn(...run(...flags, ...(trust ? ["--disable-workspace-trust"] : [])), { env: environment, detached: true, stdio: ["ignore", log, log] });
  let browser;
  try {
    await until("code-server answers", async () => (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.ok, 30_000);
    browser = await chromium.launch({ executablePath: path.join(editors, "chromium"), args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const remote = (name) => `vscode-remote://127.0.0.1:${port}${at("workspace", name)}`;
    const payload = JSON.stringify([["openFile", remote(Object.keys(files)[0])]]);
    await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(at("workspace"))}&payload=${encodeURIComponent(payload)}`);
    const bench = new Workbench(page, at("workspace"), at("extensions"), at("data/logs"), screenshots);
    try {
      await use(bench);
    } finally {
      if (bench.failures) console.log(bench.logs());
    }
    assert.equal(bench.failures, 0, `${bench.failures} steps failed`);
  } finally {
    await browser?.close();
    await end(server);
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

class Workbench {
  failures = 0;
  end = Date.now() + 270_000;

  constructor(page, folder, extensions, logFolder, screenshots) {
    Object.assign(this, { page, folder, extensions, logFolder, screenshots });
    page.setDefaultTimeout(15_000);
  }

  /** One thing that a person does, by name. A failure is told, with a picture; the steps after it are tried all the same. */
  async step(name, act) {
    const start = Date.now();
    if (start > this.end) throw new Error(`no time left for “${name}” and what comes after it`);
    try {
      await act();
      console.log(`ok     ${name} (${Date.now() - start} ms)`);
    } catch (error) {
      this.failures += 1;
      console.log(`FAILED ${name}\n${error.stack}`);
      await this.shot(`failed, ${name}`);
    }
  }

  /** A step without which no other makes sense. */
  async first(name, act) {
    await this.step(name, act);
    if (this.failures) throw new Error("so nothing else was tried");
  }

  shot(name) {
    fs.mkdirSync(this.screenshots, { recursive: true });
    return this.page.screenshot({ path: path.join(this.screenshots, `${name}.png`) });
  }

  squiggles() {
    return this.page.locator(".monaco-editor .squiggly-info");
  }

  lenses() {
    return this.page.locator(`${editor} .codelens-decoration a`);
  }

  async lensTitles() {
    return this.lenses().allInnerTexts();
  }

  /** From now on, how many lenses there are at each change of the page; asked for, the different numbers of them. */
  async watchLenses() {
    await this.page.evaluate((lenses) => {
      const count = () => document.querySelectorAll(lenses).length;
      window.lensCounts = new Set([count()]);
      window.lensWatch = new MutationObserver(() => window.lensCounts.add(count()));
      window.lensWatch.observe(document.querySelector(".editor-group-container.active"), { childList: true, subtree: true });
    }, `${editor} .codelens-decoration`);
    return () =>
      this.page.evaluate(() => {
        window.lensWatch.disconnect();
        return [...window.lensCounts];
      });
  }

  /** The finding is drawn, and its lens, which pushed the lines down when it came. */
  async settled() {
    await this.squiggles().first().waitFor({ state: "attached", timeout: 60_000 });
    await until("a lens", async () => (await this.lensTitles()).length > 0);
    await this.page.waitForTimeout(300);
  }

  // Never locator.click() inside the editor: it scrolls Monaco's inner boxes out of place.
  async press(locator, dx = 12) {
    const box = await locator.boundingBox();
    assert(box, "nothing to press");
    for (const before of [6, 3, 0]) await this.page.mouse.move(box.x + dx - before, box.y + box.height / 2);
    await this.page.waitForTimeout(150);
    await this.page.mouse.click(box.x + dx, box.y + box.height / 2);
  }

  async rest() {
    await this.page.mouse.move(5, 400);
    await this.page.keyboard.press("Escape");
  }

  async hover() {
    const box = await this.squiggles().first().boundingBox();
    await this.page.mouse.move(box.x + 200, box.y + 150);
    await this.page.mouse.move(box.x + 10, box.y + box.height / 2, { steps: 8 });
    const content = this.page.locator(".monaco-hover:not(.hidden) .monaco-hover-content");
    return until("the server's hover", async () => {
      const text = (await content.allInnerTexts()).join("\n");
      return text.includes("Loopless") && !text.includes("Loading") && text;
    });
  }

  /** A link of the hover that is shown. */
  async follow(title) {
    await this.press(this.page.locator(".monaco-hover:not(.hidden) .monaco-hover-content a", { hasText: title }).first());
  }

  async run(command) {
    await this.page.keyboard.press("F1");
    const input = this.page.locator(".quick-input-widget input[type=text]");
    await input.fill(`>${command}`);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: command }).first().waitFor();
    await this.page.keyboard.press("Enter");
    // A command may ask a question in the same box.
    await until("the command to run", async () => !(await input.isVisible()) || !(await input.inputValue()).startsWith(">"));
  }

  /** Whether the palette has a command, here and now. */
  async offers(command) {
    await this.page.keyboard.press("F1");
    await this.page.locator(".quick-input-widget input[type=text]").fill(`>${command}`);
    await this.page.locator(".quick-input-list .monaco-list-row").first().waitFor();
    const count = await this.page.locator(".quick-input-list .monaco-list-row", { hasText: command }).count();
    await this.page.keyboard.press("Escape");
    return count > 0;
  }

  async goTo(line, column) {
    await this.page.keyboard.press("Control+1");
    await this.page.keyboard.press("Control+g");
    await this.page.locator(".quick-input-widget input[type=text]").fill(`:${line}:${column}`);
    await this.page.keyboard.press("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  async lightBulb() {
    await this.page.keyboard.press("Control+.");
    const rows = this.page.locator(".action-widget .monaco-list-row.action");
    await rows.first().waitFor();
    return rows;
  }

  exists(name) {
    return fs.existsSync(path.join(this.folder, name));
  }

  read(name) {
    return fs.readFileSync(path.join(this.folder, name), "utf8");
  }

  /** As another program would: the editor learns of it by watching. */
  write(name, text) {
    fs.writeFileSync(path.join(this.folder, name), text);
  }

  /** The text of the editor, by way of the disk: the page holds only the lines in view. */
  async saved(name) {
    await this.page.keyboard.press("Control+s");
    await this.page.waitForTimeout(250);
    return this.read(name);
  }

  notifications() {
    return this.page.locator(".notification-toast").allInnerTexts();
  }

  tabs() {
    return this.page.locator(".tab .label-name").allInnerTexts();
  }

  async close(title) {
    await this.page.locator(".tab", { hasText: title }).click({ button: "middle" });
    await until(`no ${title}`, async () => !(await this.tabs()).some((tab) => tab.includes(title)));
  }

  /** The language server's process: started by the package of this profile and no other. */
  serverProcess() {
    for (const id of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const command = fs.readFileSync(`/proc/${id}/cmdline`, "utf8");
        if (command.includes(this.extensions) && command.includes("launch.py")) return Number(id);
      } catch {
        continue; // It ended while we looked.
      }
    }
    return undefined;
  }

  /** What our extension and our server have written to their logs. */
  logs() {
    const folder = this.logFolder;
    const names = fs.readdirSync(folder, { recursive: true }).filter((name) => /loopless.*\.log$/i.test(name));
    return names.map((name) => `--- ${name}\n${fs.readFileSync(path.join(folder, name), "utf8").slice(-4000)}`).join("\n");
  }
}

/** A package with the name of an extension that is not to be had here, and with what we use of it. */
function standIn(folder, { id, code }) {
  const [publisher, name] = id.split(".");
  const manifest = { publisher, name, version: "1.0.0", engines: { vscode: "^1.91.0" }, main: "extension.js", activationEvents: [] };
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest));
  fs.writeFileSync(path.join(folder, "extension.js"), code);
  const vsce = path.resolve(import.meta.dirname, "../../../node_modules/@vscode/vsce/vsce");
  const flags = ["--no-dependencies", "--skip-license", "--allow-missing-repository", "--out", `${folder}.vsix`];
  execFileSync(process.execPath, [vsce, "package", ...flags], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  return `${folder}.vsix`;
}

/** Wait for what is needed, never for a time. */
export async function until(what, probe, patience = 20_000) {
  for (const end = Date.now() + patience; ; ) {
    const value = await probe();
    if (value) return value;
    assert(Date.now() < end, `waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function freePort() {
  return new Promise((resolve) => {
    const listener = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = listener.address();
      listener.close(() => resolve(port));
    });
  });
}

async function end(server) {
  const signal = (name) => {
    try {
      process.kill(-server.pid, name);
    } catch {
      return; // The whole group is gone already.
    }
  };
  signal("SIGTERM");
  const ended = new Promise((resolve) => server.once("exit", resolve));
  await Promise.race([server.exitCode === null ? ended : undefined, new Promise((resolve) => setTimeout(resolve, 3_000))]);
  signal("SIGKILL");
}
