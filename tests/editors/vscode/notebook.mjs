// A notebook: the cells are one program, what is no Python is passed over, and the rewrite stays within its cell.
import assert from "node:assert";
import { until, workbench } from "./workbench.mjs";

const { editors, vsix, screenshots, sample } = JSON.parse(process.argv[2]);
const name = "sample.ipynb";
const code = (...lines) => ({ cell_type: "code", execution_count: null, metadata: {}, outputs: [], source: lines.join("\n") });
const cells = [
  code("%matplotlib inline", "import torch"),
  { cell_type: "markdown", metadata: {}, source: "for i in range(len(x)): is no code here" },
  code("%%bash", "for i in 1 2 3; do echo $i; done"),
  code("def double(x: torch.Tensor):", "    out = torch.zeros_like(x)", "    for i in range(len(x)):", "        out[i] = x[i] * 2", "    return out"),
  code("double(torch.rand(2000))"),
];
const metadata = { language_info: { name: "python" }, kernelspec: { display_name: "Python 3", language: "python", name: "python3" } };
const notebook = JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 });
const sources = (text) => JSON.parse(text).cells.map((cell) => [cell.source].flat().join(""));

const files = { "sample.py": sample, [name]: notebook };

await workbench({ editors, vsix, screenshots, files }, async (bench) => {
  const { page } = bench;

  await bench.first("a loop is found in its cell", async () => {
    // Notebooks are opened as text until their extension has loaded: when ours has, so has theirs.
    await bench.settled();
    await page.locator(".explorer-folders-view .monaco-list-row", { hasText: name }).dblclick();
    await page.locator(".notebookOverlay .squiggly-info").first().waitFor({ state: "attached" });
    await until("a lens", async () => (await page.locator(".notebookOverlay .codelens-decoration a").count()) > 0);
    await bench.shot("1-notebook");
    assert.equal(await page.locator(".notebookOverlay .code-cell-row", { has: page.locator(".squiggly-info") }).count(), 1);
  });

  await bench.step("a cell is asked about again when one before it changes", async () => {
    const found = page.locator(".notebookOverlay .squiggly-info");
    await bench.press(page.locator(".notebookOverlay .view-line", { hasText: "import torch" }).first(), 40);
    await page.keyboard.press("End");
    await page.keyboard.type("vision");
    await until("no finding where torch is not what it was", async () => (await found.count()) === 0);
    for (let key = 0; key < 6; key += 1) await page.keyboard.press("Backspace");
    await until("the finding again", async () => (await found.count()) > 0);
  });

  await bench.step("all safe rewrites at once change that cell and no other", async () => {
    await bench.press(page.locator(".notebookOverlay .view-line", { hasText: "for i in range" }).last(), 40);
    await bench.run("Loopless: Apply All Safe Rewrites in This File");
    const before = sources(notebook);
    const after = await until("the rewrite", async () => {
      const now = sources(await bench.saved(name));
      return now[3] !== before[3] && now;
    });
    await bench.shot("2-rewritten");
    assert(!after[3].includes("for i in"));
    assert.deepEqual(after.with(3, ""), before.with(3, ""));
  });

  await bench.step("nothing was said that nobody asked for", async () => assert.deepEqual(await bench.notifications(), []));
});
