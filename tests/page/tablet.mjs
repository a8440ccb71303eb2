// What the page tests share: a tablet (Debian's Chromium), TAP, the station's commands, and screenshots to look at in build/page.
import { execFile, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const run = promisify(execFile);
export const { BIN, CONF, CONSOLE, SIM, SHOTS } = process.env;
export const TABLET = { width: 1280, height: 800 };
mkdirSync(SHOTS, { recursive: true });

// ---- TAP ----

let count = 0;
let failed = 0;
export function result(good, what, detail = "") {
  count++;
  if (!good) failed++;
  console.log(`${good ? "ok" : "not ok"} ${count} - ${what}`);
  if (!good && detail) console.log(`# ${String(detail).replace(/\n/g, "\n# ")}`);
  return good;
}
export function equal(got, wanted, what) {
  return result(JSON.stringify(got) === JSON.stringify(wanted), what, `got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`);
}
/** A part of the test: what it throws is a failed result, with a picture of what the tablet showed. */
export async function step(what, page, body) {
  try {
    await body();
    result(true, what);
  } catch (error) {
    await shot(page, `failed-${what.replace(/\W+/g, "-").slice(0, 40)}`).catch(() => undefined);
    result(false, what, error.stack ?? error);
  }
}
export function end() {
  console.log(`1..${count}`);
  process.exitCode = failed > 0 ? 1 : 0;
}

/** Polls until condition() gives something; fails with what it waited for. */
export async function waitFor(what, condition, ms = 20_000) {
  const until = Date.now() + ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > until) throw new Error(`waited in vain for ${what}`);
    await new Promise((done) => setTimeout(done, 30));
  }
}

// ---- the station ----

export async function json(...words) {
  try {
    return JSON.parse((await run(join(BIN, "smogctl"), ["-c", CONF, "--json", ...words])).stdout);
  } catch (error) {
    const answer = error.stdout && JSON.parse(error.stdout);
    if (!answer || answer.code > 1) throw new Error(`smogctl ${words.join(" ")}: ${answer?.error ?? error}`);
    return answer; // exit 1 is an answer: no
  }
}
export async function sim(command) {
  await run(join(BIN, "smogsim"), ["--tell", SIM, command]);
}

/** The driver: does with pedal and probe what the prompts of the test say; `before` may do something else first, and says so by true. */
export function drive(test, before = async () => false) {
  const watch = spawn(join(BIN, "smogctl"), ["-c", CONF, "--json", "test", "watch", test], { stdio: ["ignore", "pipe", "ignore"] });
  const lines = createInterface({ input: watch.stdout });
  const done = (async () => {
    for await (const line of lines) {
      const event = JSON.parse(line);
      const prompt = event.prompt ?? event.event;
      if (await before(event)) continue;
      if (prompt === "zero-check") await sim("probe out");
      if (prompt === "insert-probe") await sim("probe in");
      if (prompt === "purge" || prompt === "press") await sim("press");
      if (event.event === "end") break;
    }
    watch.kill();
  })();
  return { done, stop: () => watch.kill() };
}

// ---- the tablet ----

export const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });

/** A new tablet with storage of its own; what its page logs as an error is collected. */
export async function tablet(options = {}) {
  const context = await browser.newContext({ viewport: TABLET, locale: "zh-CN", timezoneId: "Asia/Shanghai", ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource|ERR_INTERNET_DISCONNECTED/.test(message.text())) errors.push(message.text());
  });
  page.errors = errors;
  return page;
}

/** A picture of what the tablet shows, for people to look at. */
export async function shot(page, name) {
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** Officer number and PIN on the keys of the open dialog. */
export async function enterPin(page, officer, pin) {
  const dialog = page.getByRole("dialog");
  await dialog.locator("[name=officer]").fill(officer);
  for (const digit of pin) await dialog.getByRole("button", { name: digit, exact: true }).click();
  await dialog.locator("button[type=submit]").click();
}

export async function login(page, officer, pin) {
  await page.getByRole("button", { name: /^(登录|Log in)$/ }).first().click();
  await enterPin(page, officer, pin);
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

/** Types a plate on the keys of the page. */
export async function typePlate(page, plate) {
  for (const key of plate) await page.locator(".keys").getByRole("button", { name: key, exact: true }).click();
}

export async function choose(page, ...words) {
  for (const word of words) await page.locator(".choice").getByRole("button", { name: word }).click();
}

/** The officer: confirms what the page asks to be confirmed, until the verdict is there. */
export async function confirmUntilVerdict(page, ms = 60_000) {
  const until = Date.now() + ms;
  const verdict = page.locator("[data-verdict]");
  const key = page.locator(".instruction .button-big");
  while (!(await verdict.count())) {
    if (Date.now() > until) throw new Error("no verdict came");
    if (await key.count()) await key.click({ timeout: 1000 }).catch(() => undefined); // it may be gone by now
    await page.waitForTimeout(50);
  }
  return verdict.getAttribute("data-verdict");
}
