// Attached to the browser of tests/bench/bench_page.py (DevTools at argument 1): says "watching" once the curve runs, and at the end of its
// input a line "NUMBER TIME" for each reading that was drawn. TIME is Date.now() after the frame in which the number appeared.
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const browser = await chromium.connectOverCDP(process.argv[2]);
const page = browser.contexts()[0].pages()[0];
await page.locator(".curve canvas").waitFor();
await page.evaluate(() => {
  window.drawn = {};
  const number = document.querySelector(".readout-large .readout-value");
  const frameEnd = new MessageChannel();
  const waiting = [];
  frameEnd.port1.onmessage = () => {
    const now = Date.now();
    for (const text of waiting.splice(0)) window.drawn[text] = now;
  };
  new MutationObserver(() => {
    const text = number.textContent.trim();
    requestAnimationFrame(() => {
      waiting.push(text);
      frameEnd.port2.postMessage(0); // handled after this frame has been painted
    });
  }).observe(number, { subtree: true, characterData: true, childList: true });
});
console.log("watching");
for await (const _ of createInterface({ input: process.stdin })) break;
for (const [text, at] of Object.entries(await page.evaluate(() => window.drawn))) console.log(`${text} ${at}`);
process.exit(0);
