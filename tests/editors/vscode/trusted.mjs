// A day with the extension, in a minute: find, read, rewrite, undo, verify, explain, and a server that dies.
import assert from "node:assert";
import { until, workbench } from "./workbench.mjs";

const { editors, vsix, screenshots, sample, python } = JSON.parse(process.argv[2]);
const name = "sample.py";
const line = sample.split("\n").findIndex((text) => text.trim().startsWith("for ")) + 1;
const isRewritten = (text) => !text.includes("for i in");

await workbench({ editors, vsix, screenshots, files: { [name]: sample }, settings: { "loopless.verify.interpreter": python } }, async (bench) => {
  const { page } = bench;
  const undo = async () => {
    await page.keyboard.press("Control+1");
    await page.keyboard.press("Control+z");
    await until("the text as it was", async () => (await bench.saved(name)) === sample);
  };

  await bench.first("a loop is found", async () => {
    await bench.settled();
    await bench.rest();
    await bench.shot("1-finding");
    assert.match((await bench.lensTitles())[0], /^Verify on (GPU|CPU)$/);
  });

  await bench.step("the hover teaches", async () => {
    const text = await bench.hover();
    await page.waitForTimeout(500); // until its code has colors
    await bench.shot("2-hover");
    assert.match(text, /elementwise/);
    assert.match(text, /Why it is the same/);
    await bench.rest();
  });

  await bench.step("the hover leads to a preview, which changes nothing, and to the pattern's page", async () => {
    await bench.hover();
    await bench.follow("Preview");
    await until("a diff", async () => (await bench.tabs()).some((title) => title.includes("↔")));
    assert.equal(bench.read(name), sample);
    await bench.close("↔");
    await bench.settled();
    await bench.hover();
    await bench.follow("About");
    await until("a page", async () => (await bench.tabs()).some((title) => title.includes("Pattern")));
    await page.waitForTimeout(1_500); // the preview is a frame of its own
    await bench.shot("2-pattern");
    await bench.close("Pattern");
    await page.keyboard.press("Control+1");
  });

  await bench.step("the light bulb offers the rewrite first", async () => {
    await bench.goTo(line, 6);
    const rows = await bench.lightBulb();
    const titles = await rows.allInnerTexts();
    await bench.shot("3-light-bulb");
    assert.match(titles[0], /^Vectorize/);
    assert(titles.some((title) => title.startsWith("Verify on")), `no way to verify without a lens: ${titles.join(" | ")}`);
    assert(titles.some((title) => title.startsWith("Ignore")), `no way to ignore it: ${titles.join(" | ")}`);
    await bench.press(rows.first(), 70);
    await until("the rewrite", async () => isRewritten(await bench.saved(name)));
    await bench.shot("4-rewritten");
  });

  await bench.step("undo takes it back, and the finding returns", async () => {
    await undo();
    await bench.settled();
  });

  await bench.step("a preview changes nothing", async () => {
    await bench.goTo(line, 6);
    await bench.run("Loopless: Preview the Rewrite at the Cursor");
    await until("a diff", async () => (await bench.tabs()).some((title) => title.includes("↔")));
    await page.locator(".monaco-diff-editor .line-insert, .monaco-diff-editor .char-insert").first().waitFor({ state: "attached" });
    await bench.shot("5-preview");
    assert.equal(bench.read(name), sample);
    await bench.close("↔");
    await bench.settled();
  });

  await bench.step("the lens stays where it is while its loop is typed, and goes with the finding", async () => {
    const seen = await bench.watchLenses();
    await bench.goTo(line + 1, sample.split("\n")[line].length + 1);
    for (const word of [" + ", "math", ".sin(", "x[i]"]) {
      await page.keyboard.type(word, { delay: 60 });
      await page.waitForTimeout(900); // long enough for the editor to ask for its lenses
    }
    await bench.shot("5-typing");
    assert.deepEqual(await seen(), [1], "how many lenses there were while typing");
    await until("no lens on a loop that calls what is not known", async () => (await bench.lensTitles()).length === 0);
    for (let key = 0; key < 20 && (await bench.saved(name)) !== sample; key += 1) await page.keyboard.press("Control+z");
    assert.equal(bench.read(name), sample);
    await bench.settled();
  });

  await bench.step("all safe rewrites at once", async () => {
    await bench.goTo(1, 1);
    await bench.run("Loopless: Apply All Safe Rewrites in This File");
    await until("the rewrite", async () => isRewritten(await bench.saved(name)));
    await undo();
    await bench.settled();
  });

  await bench.step("the lens gives a verdict, which stays with the new code", async () => {
    await bench.rest();
    await bench.press(bench.lenses().first());
    const verdict = await until("a verdict", async () => (await bench.lensTitles()).find((title) => /^[✓✗]|^not run/.test(title)), 90_000);
    await bench.rest();
    await bench.shot("6-verdict");
    assert.match(verdict, /^✓/);
    await bench.goTo(line, 6);
    await bench.press((await bench.lightBulb()).first(), 70);
    await until("the rewrite", async () => isRewritten(await bench.saved(name)));
    await until("its verdict", async () => (await bench.lensTitles()).some((title) => title.startsWith("✓")));
    await bench.shot("7-verified");
    await undo();
    await bench.settled();
  });

  await bench.step("without lenses: verify the file, forget it, say what to verify with", async () => {
    await bench.goTo(line, 6);
    await bench.run("Loopless: Clear All Verdicts");
    await until("a lens as it was", async () => (await bench.lensTitles())[0]?.startsWith("Verify on"));
    await bench.run("Loopless: Verify All Rewrites in This File");
    const said = () => page.locator(".statusbar-item").allInnerTexts();
    await until("the sum of it", async () => (await said()).some((text) => text.includes("1 of 1 agreed")), 60_000);
    await bench.goTo(line, 6);
    await bench.run("Loopless: Insert a Sample for Verify");
    await until("a sample", async () => (await bench.saved(name)).includes("# loopless: sample("));
    await bench.shot("7-sample");
    await undo();
    await bench.settled();
  });

  await bench.step("the reasons can be read", async () => {
    await bench.goTo(line, 6);
    await bench.run("Loopless: Explain the Loop at the Cursor");
    await until("a page", async () => (await bench.tabs()).some((title) => title.includes("Explanation")));
    await page.waitForTimeout(1_500); // the preview is a frame of its own
    await bench.shot("8-explanation");
    await bench.close("Explanation");
  });

  await bench.step("the doctor reports", async () => {
    await page.keyboard.press("Control+1");
    await bench.run("Loopless: Doctor");
    await until("a report", async () => (await bench.tabs()).some((title) => title.includes("Doctor")));
    await page.waitForTimeout(500);
    await bench.shot("9-doctor");
    await bench.close("Doctor");
  });

  await bench.step("a configuration file holds as soon as it is written, and says what is wrong with it", async () => {
    const problems = () => page.locator(".markers-panel .monaco-list-row").allInnerTexts();
    await bench.run("Problems: Focus on Problems View");
    bench.write("loopless.toml", 'ignroe = ["elementwise"]\n');
    await until("a suggestion", async () => (await problems()).some((text) => /unknown setting `ignroe`; did you mean `ignore`/.test(text)));
    await bench.shot("8-wrong-key");
    bench.write("loopless.toml", 'ignore = ["elementwise"]\n');
    await until("nothing to report", async () => !(await problems()).some((text) => /loopless\(/.test(text)));
    bench.write("loopless.toml", "");
    await until("the finding again", async () => (await problems()).some((text) => /elementwise/.test(text)));
    await page.keyboard.press("Control+j");
    await page.keyboard.press("Control+1");
    await bench.settled();
  });

  await bench.step("a server that is killed comes back, later each time, and the finding and its verdict with it", async () => {
    await page.keyboard.press("Control+1");
    const [verdict] = await bench.lensTitles();
    assert.match(verdict, /^✓/);
    const waits = [];
    for (let time = 0; time < 3; time += 1) {
      const [first, start] = [bench.serverProcess(), Date.now()];
      assert(first, "no server process");
      process.kill(first, "SIGKILL");
      await until("another server", () => (bench.serverProcess() ?? first) !== first);
      waits.push(Math.round((Date.now() - start) / 1_000));
      await bench.settled();
    }
    assert(waits[0] < waits[1] && waits[1] < waits[2], `it waited ${waits.join(", ")} s`);
    await until("the verdict", async () => (await bench.lensTitles())[0] === verdict);
  });

  await bench.step("and so does one that is restarted", async () => {
    const first = bench.serverProcess();
    await bench.run("Loopless: Restart the Server");
    await until("another server", () => (bench.serverProcess() ?? first) !== first);
    await bench.settled();
  });

  await bench.step("nothing was said that nobody asked for", async () => assert.deepEqual(await bench.notifications(), []));

  await bench.step("the walkthrough has its pictures", async () => {
    await bench.run("Welcome: Open Walkthrough...");
    await page.locator(".quick-input-widget input[type=text]").fill("Loops into tensor");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "Loops into tensor operations" }).first().waitFor();
    await page.keyboard.press("Enter");
    await page.locator(".gettingStartedContainer .step-list-container").waitFor();
    await page.waitForTimeout(1_500);
    await bench.shot("10-walkthrough");
    // Its buttons are about the loop where the cursor was last, although the walkthrough is in front.
    await page.locator(".getting-started-step", { hasText: "Rewrite it" }).click();
    await page.locator(".getting-started-step .monaco-button", { hasText: "Preview at the cursor" }).click();
    await until("a diff", async () => (await bench.tabs()).some((title) => title.includes("↔")));
    await bench.close("↔");
  });

  await bench.step("who has no loop is given some", async () => {
    await bench.run("Loopless: Open an Example");
    await until("its loops are found", async () => (await bench.squiggles().count()) >= 2);
    await until("their lenses", async () => (await bench.lensTitles()).length >= 2);
    await bench.shot("11-example");
  });
});
