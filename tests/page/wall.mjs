// The wall while vehicles pass, five a second: none is left out, whatever the Wi-Fi does, and the page does not grow. Whoever started
// this feeds the line from when DIR/go is there, and writes how many it was into DIR/fed.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CONSOLE, browser, end, equal, json, result, shot, step, tablet, waitFor } from "./tablet.mjs";

const { DIR } = process.env;
const ROWS_MAX = 30;
const AWAY_MS = 1500;
const page = await tablet();
const wall = (name) => page.locator(".wall").getAttribute(`data-${name}`).then(Number);

/** Frames that took long, and the most rows at a time, seen from inside the page. */
async function watch() {
  await page.evaluate(() => {
    const seen = { frames: [], rows: 0 };
    window.seen = seen;
    let last = performance.now();
    const frame = (now) => {
      seen.frames.push(now - last);
      last = now;
      seen.rows = Math.max(seen.rows, document.querySelectorAll(".passing").length);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

await step("the wall counts what is stored before it was opened", page, async () => {
  await page.goto(`${CONSOLE}#/wall`);
  await waitFor("the first rows", async () => (await wall("seen")) === 4);
  equal(await page.locator(".passing").count(), 4, "each has a row");
  equal(await page.locator(".passing-fail .repeat").count(), 1, "the repeater is marked");
  const why = await page.locator(".passing-invalid .passing-why").innerText();
  result(/风速 9\.4 > 5\.0/.test(why), "an invalid one says why in words", why);
});

await step("vehicles pass", page, async () => {
  await watch();
  writeFileSync(join(DIR, "go"), "");
  await waitFor("twenty of them", async () => (await wall("told")) >= 20);
  await page.context().setOffline(true);
  await page.waitForTimeout(AWAY_MS);
  await page.context().setOffline(false);
  const fed = await waitFor("the last one", () => existsSync(join(DIR, "fed")) && Number(readFileSync(join(DIR, "fed"), "utf8")), 120_000);
  await waitFor("all of them on the wall", async () => (await wall("seen")) === fed + 4 && (await wall("missing")) === 0).catch(() => undefined);
  equal([await wall("seen"), await wall("missing")], [fed + 4, 0], `all ${fed} are counted, those of ${AWAY_MS} ms without Wi-Fi as well`);
  const stored = (await json("passes", "--limit", "5000")).passes;
  equal(stored.length, fed + 4, "as many as are stored");
  const shown = await page.locator(".passing").evaluateAll((rows) => rows.map((row) => Number(row.dataset.seq)));
  equal(shown, stored.map((p) => p.seq).sort((a, b) => b - a).slice(0, ROWS_MAX), "the newest are shown, in order");
  const seen = await page.evaluate(() => window.seen);
  equal(seen.rows, ROWS_MAX, "and never more rows than that");
  const frames = seen.frames.slice(1).sort((a, b) => a - b);
  const at = (share) => frames[Math.floor(share * (frames.length - 1))].toFixed(0);
  console.log(`# ${frames.length} frames: median ${at(0.5)} ms, 99 % within ${at(0.99)} ms, longest ${at(1)} ms`);
});

await step("it can be held to be read", page, async () => {
  await page.getByRole("button", { name: "暂停滚动" }).click();
  await page.getByRole("button", { name: /^继续/ }).waitFor();
  await page.locator(".passing-open").first().click();
  await page.getByRole("dialog").getByText("依据 hj845-2017").waitFor();
  await shot(page, "wall-passage-zh");
  await page.keyboard.press("Escape");
  await page.locator(".tab").nth(1).click();
  equal(await page.locator(".passing-pass").count(), 0, "and reduced to what exceeds");
  equal(page.errors, [], "no error in the page's log");
});

await browser.close();
end();
