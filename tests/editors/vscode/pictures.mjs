// The README's pictures: `node tests/editors/vscode/pictures.mjs "$HOME/.cache/loopless/editors" .venv/bin/python`, after `make vsix`.
import path from "node:path";
import { until, workbench } from "./workbench.mjs";

const [editors, python] = process.argv.slice(2);
const sample = `import torch


def light_above(images, floor):
    count, height, width = images.shape
    light = torch.zeros(count)
    for n in range(count):
        for h in range(height):
            for w in range(width):
                if images[n, h, w] > floor:
                    light[n] += images[n, h, w]
    return light


light = light_above(torch.rand(6, 24, 24), 0.5)
`;
const settings = {
  "loopless.verify.interpreter": path.resolve(python),
  "workbench.colorTheme": "Default Dark Modern",
  "workbench.sideBar.location": "right",
  "workbench.activityBar.location": "hidden",
  "breadcrumbs.enabled": false,
  "editor.fontSize": 15,
};

await workbench({ editors, vsix: "build/loopless.vsix", screenshots: "docs/images", files: { "optics.py": sample }, settings }, async (bench) => {
  const { page } = bench;
  await page.setViewportSize({ width: 1180, height: 640 });
  const picture = (name, height) => page.screenshot({ path: `docs/images/${name}.png`, clip: { x: 0, y: 35, width: 880, height } });
  await bench.step("pictures", async () => {
    await bench.settled();
    await bench.hover();
    await page.waitForTimeout(800);
    await picture("hover", 560);
    await bench.rest();
    await bench.goTo(7, 7);
    await bench.lightBulb();
    await page.waitForTimeout(400);
    await picture("light-bulb", 420);
    await page.keyboard.press("Escape");
    await bench.press(bench.lenses().first());
    await until("a verdict", async () => (await bench.lensTitles()).some((title) => /^[✓✗]|^not run/.test(title)), 90_000);
    await bench.goTo(7, 7);
    await bench.press((await bench.lightBulb()).first(), 70);
    await until("the rewrite", async () => !(await bench.saved("optics.py")).includes("for w in"));
    await page.waitForTimeout(1_500);
    await picture("verdict", 320);
  });
});
