// A day at the tablet. OFFLINE_S=20 keeps the Wi-Fi away for as long; 4 seconds show the same and keep the test short.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CONSOLE, browser, choose, confirmUntilVerdict, drive, end, enterPin, equal, json, login, result, shot, sim, step, tablet, typePlate, waitFor } from "./tablet.mjs";

const OFFLINE_MS = 1000 * Number(process.env.OFFLINE_S ?? 4);
const PIN = { P0042: "471108", P0043: "580219" };

/** From an empty entry to the running test; gives its id. `camera`: its reading is confirmed. */
async function start(page, plate, camera = false) {
  await page.goto(`${CONSOLE}#/test`);
  if (camera) {
    await cameraReads(plate);
    await page.locator(".suggestion .doubtful").waitFor();
    await shot(page, "plate");
    await page.getByRole("button", { name: "核对无误" }).click();
  } else {
    await typePlate(page, plate);
    await choose(page, "黄牌");
    await page.getByRole("button", { name: "下一步" }).click();
  }
  await choose(page, "柴油", "重型", "手动");
  await page.getByRole("button", { name: "下一步" }).click();
  await page.locator(".method-step").waitFor();
  for (const name of [/P0043/, /650012/]) {
    const person = page.getByRole("button", { name });
    if ((await person.getAttribute("aria-pressed")) !== "true") await person.click();
  }
  await page.locator(".button-start").click();
  await page.locator(".running").waitFor();
  return (await waitFor("the test", async () => (await json("status")).test)).id;
}

async function nextVehicle(page) {
  await page.getByRole("button", { name: "下一辆车" }).click();
  await page.locator(".keys-provinces").waitFor();
}

// ---- who is at the tablet ----

async function wrongPins() {
  const page = await tablet();
  await page.goto(CONSOLE);
  await page.locator("[data-counter=waiting] dd").getByText("0").waitFor();
  await page.getByRole("button", { name: "登录" }).first().click();
  for (let i = 0; i < 5; i++) {
    await enterPin(page, "P0099", "135790");
    await page.getByRole("alert").waitFor();
    await waitFor("the PIN to be gone", async () => (await page.locator("[name=pin]").inputValue()) === "");
  }
  await enterPin(page, "P0099", "903362"); // the right one now
  const text = await waitFor("the lock", async () => {
    const said = await page.getByRole("alert").innerText();
    return /尝试过多/.test(said) && said;
  });
  result(/\d+ 秒后/.test(text), "after five wrong PINs the right one is refused too, and the page says for how long", text);
  await shot(page, "login-locked");
  const journal = JSON.stringify(await json("status"));
  result(!journal.includes("903362"), "no PIN in what the station tells");
  await page.context().close();
}

async function idleLock() {
  const page = await tablet();
  // the same station, which would wait ten minutes
  await page.route("**/api/v1/session", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), idle_s: 2 } });
  });
  await page.goto(`${CONSOLE}#/test`);
  await login(page, "P0042", PIN.P0042);
  await typePlate(page, "新A66");
  await page.getByRole("dialog").waitFor();
  await waitFor("the session to be ended", async () => (await page.request.get(`${CONSOLE}api/v1/session`)).status() === 401);
  result(true, "a tablet that nobody touches is locked, and its session ended");
  await enterPin(page, "P0042", PIN.P0042);
  await page.getByRole("dialog").waitFor({ state: "detached" });
  equal(await page.locator("#plate").inputValue(), "新A66", "what was typed is still there");
  await page.context().close();
}

// ---- a plate that a camera has read ----

const ALERT = (plate) => `<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema"><eventType>ANPR</eventType><eventState>active</eventState>
<dateTime>2026-07-01T09:30:00+08:00</dateTime><ANPR><licensePlate>${plate}</licensePlate><line>2</line><confidenceLevel>93</confidenceLevel>
<plateColor>yellow</plateColor><plateCharBelieve>99,98,97,60,95,94,93</plateCharBelieve></ANPR><UUID>u-${plate}</UUID></EventNotificationAlert>`;

async function cameraReads(plate) {
  const form = new FormData();
  form.append("anpr.xml", new Blob([ALERT(plate)], { type: "application/xml" }), "anpr.xml");
  equal((await fetch(`${CONSOLE}anpr/gate`, { method: "POST", body: form })).status, 200, "a camera reads a plate");
}

// ---- a test that fails, all of it ----

async function fail(page) {
  await page.goto(CONSOLE);
  await shot(page, "now");
  await login(page, "P0042", PIN.P0042);
  await sim("truck k=1.90 oil=88 hold-ms=700");
  const id = await start(page, "新A66T21");
  await page.locator(".instruction-zero-check").waitFor();
  await shot(page, "test-instruction");
  const away = page.context();
  let purged;
  const purging = new Promise((done) => (purged = done));
  const driver = drive(id, async (event) => {
    if (event.prompt === "press" && event.value === 1) {
      purged();
      await waitFor("the tablet to be offline", () => offline, 30_000);
    }
    return false;
  });
  let offline = false;
  const confirming = confirmUntilVerdict(page, 90_000);
  await purging;
  await away.setOffline(true);
  offline = true;
  await page.getByText("连接中断").first().waitFor();
  await page.waitForTimeout(OFFLINE_MS);
  await shot(page, "test-offline");
  await away.setOffline(false);
  await page.getByText("已连接").waitFor();
  await page.locator(".marks").getByText("加速 1").waitFor();
  result(true, "what happened while the Wi-Fi was away is there when it comes back");
  equal(await confirming, "fail", "the verdict is fail");
  await driver.done;
  const record = (await json("test", "show", id)).record;
  const value = record.verdict.values[0];
  const shown = await page.locator("[data-verdict]").innerText();
  result(shown.includes("不合格") && shown.includes(value.value) && shown.includes(value.limit) && shown.includes(value.clause), "word, value, limit and clause are shown", shown);
  equal(await page.locator("[data-verdict]").getAttribute("aria-live"), "assertive", "and told by a live region");
  await page.locator(".result .curve canvas").waitFor();
  await shot(page, "verdict-fail");
  await papers(page, id);
  return id;
}

async function papers(page, id) {
  const picture = join(process.env.DIR, "front.jpg");
  writeFileSync(picture, await page.screenshot({ type: "jpeg", quality: 80 }));
  await page.locator("input[data-shows=front]").setInputFiles(picture);
  await page.locator(".photo-list img").waitFor();
  const stored = (await json("photo", "list", id)).photos.find((p) => p.shows === "front");
  equal(stored?.sha256, createHash("sha256").update(readFileSync(picture)).digest("hex"), "the picture is kept byte for byte as the camera made it");
  await page.getByRole("button", { name: "有异议" }).click();
  await page.locator(".choice").getByRole("button", { name: "签名", exact: true }).click();
  const pad = await page.locator(".pad canvas").boundingBox();
  await page.locator(".pad canvas").scrollIntoViewIfNeeded();
  const at = (await page.locator(".pad canvas").boundingBox()) ?? pad;
  await page.mouse.move(at.x + 30, at.y + 60);
  await page.mouse.down();
  await page.mouse.move(at.x + 120, at.y + 20, { steps: 4 });
  await page.mouse.move(at.x + 200, at.y + 80, { steps: 4 });
  await page.mouse.up();
  await shot(page, "statement");
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByText("陈述已保存").waitFor();
  result((await json("photo", "list", id)).photos.some((p) => p.shows === "signature"), "the signature is a picture of its own");
  await page.getByRole("button", { name: "打印" }).click();
  await page.getByText("已送打印机").waitFor();
  const pdf = await page.request.get(await page.getByRole("link", { name: "PDF" }).evaluate((a) => a.href));
  equal([pdf.status(), (await pdf.body()).subarray(0, 5).toString()], [200, "%PDF-"], "the slip is a PDF");
}

/** An act on the case's page, confirmed in its dialog. */
async function act(page, name) {
  await page.locator(".acts").getByRole("button", { name }).click();
  await page.getByRole("dialog").locator("button[type=submit]").click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

async function review(page, id) {
  const found = (await json("case", "list")).cases.find((c) => c.subject === id);
  await page.goto(`${CONSOLE}#/cases/${found.case}`);
  await act(page, "初审");
  const again = page.locator(".acts").getByRole("button", { name: "复审" });
  await again.waitFor();
  equal(await again.isDisabled(), true, "who has reviewed first cannot be the second");
  await page.getByRole("button", { name: "第二人登录" }).click();
  await enterPin(page, "P0043", PIN.P0043);
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.locator(".strip-tools").getByText("乙").waitFor();
  await shot(page, "second-officer");
  await act(page, "复审");
  await act(page, "移送");
  await waitFor("the receipt", async () => (await json("case", "show", found.case)).state === "received", 30_000);
  await page.locator("[data-counter=sent] dd").getByText("1").waitFor();
  result(true, "the package is delivered, and the frame counts it");
  const shown = await json("case", "show", found.case);
  equal([shown.reviewer1, shown.reviewer2], ["P0042", "P0043"], "in two officers' names");
}

// ---- by the keyboard alone ----

async function tabTo(page, selector, most = 80) {
  for (let i = 0; i < most; i++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((s) => document.activeElement?.matches(s), selector)) return;
  }
  throw new Error(`the keyboard does not come to ${selector}`);
}
/** Tabs to the button with that word, and presses it. */
async function key(page, word, most = 80) {
  for (let i = 0; i < most; i++) {
    await page.keyboard.press("Tab");
    const text = await page.evaluate(() => (document.activeElement instanceof HTMLButtonElement || document.activeElement instanceof HTMLAnchorElement ? document.activeElement.textContent.trim() : ""));
    if (text.includes(word)) return page.keyboard.press("Enter");
  }
  throw new Error(`the keyboard does not come to "${word}"`);
}

async function keyboardPass() {
  const page = await tablet();
  await page.goto(CONSOLE);
  await page.locator(".content h1").waitFor();
  await key(page, "登录");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.type("P0042");
  await tabTo(page, "[name=pin]");
  await page.keyboard.type(PIN.P0042);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await sim("truck k=0.40 oil=88 hold-ms=700");
  await key(page, "开始检测");
  await page.locator("#plate").waitFor();
  await tabTo(page, "#plate");
  await page.keyboard.insertText("新b·12345");
  await key(page, "黄牌");
  await key(page, "下一步");
  for (const word of ["柴油", "重型", "手动", "下一步"]) await key(page, word);
  await page.locator(".method-step").waitFor();
  await page.locator('[aria-pressed="true"]').getByText("自由加速法").waitFor();
  await key(page, "开始检测");
  await page.locator(".running").waitFor();
  const id = (await waitFor("the test", async () => (await json("status")).test)).id;
  const driver = drive(id);
  for (;;) {
    if (await page.locator("[data-verdict]").count()) break;
    if (await page.locator(".instruction .button-big").count()) await key(page, (await page.locator(".instruction .button-big").innerText({ timeout: 1000 }).catch(() => "")) || "已").catch(() => undefined);
    await page.waitForTimeout(50);
  }
  await driver.done;
  equal(await page.locator("[data-verdict]").getAttribute("data-verdict"), "pass", "a pass, by the keyboard alone");
  await shot(page, "verdict-pass");
  await key(page, "下一辆车");
  await page.locator(".keys-provinces").waitFor();
  equal(page.errors, [], "the page has logged no error");
  await page.context().close();
}

// ---- what ends a test ----

async function aborted(page) {
  await sim("truck k=0.50 oil=88 hold-ms=700");
  const id = await start(page, "新C77018");
  await page.reload();
  await page.locator(".running").waitFor();
  result(true, "a page that is loaded again comes back to the running test");
  await page.getByRole("button", { name: "中止检测" }).click();
  const send = page.getByRole("dialog").locator(".dialog-foot .button-danger");
  equal(await send.isDisabled(), true, "an abort without a reason cannot be sent");
  await page.getByRole("dialog").locator("[name=reason]").fill("发动机异响");
  await shot(page, "abort");
  await send.click();
  await page.locator("[data-verdict=aborted]").waitFor();
  result((await page.locator("[data-verdict]").innerText()).includes("发动机异响"), "an aborted test says why");
  equal((await json("test", "show", id)).verdict, "aborted", "and is aborted");
  await shot(page, "verdict-aborted");
  await nextVehicle(page);
}

async function unplugged(page) {
  const id = await start(page, "新C77019", true);
  const driver = drive(id, async (event) => {
    if (event.prompt !== "press" || event.value !== 2) return false;
    await sim("unplug smoke");
    return true;
  });
  equal(await confirmUntilVerdict(page), "aborted", "an analyzer that is unplugged ends the test");
  await driver.done;
  result((await page.locator("[data-verdict]").innerText()).includes("smoke"), "the page names it");
  equal((await json("test", "show", id)).record.vehicle.plate_source, "camera", "and its plate is the camera's, as the officer confirmed");
  await page.goto(`${CONSOLE}#/now`);
  await page.locator(".instrument-offline").getByText("离线").waitFor();
  await shot(page, "now-offline");
  await sim("plug smoke");
  await page.locator("article[aria-label=smoke].instrument-live").waitFor();
  result(true, "and shows it live when it is back");
  await page.goto(`${CONSOLE}#/test`);
  await nextVehicle(page);
}

// ---- the same vehicle again, with another power ----

async function differs(page) {
  await page.goto(`${CONSOLE}#/test`);
  await page.locator(".recent").getByText("新A·66T21").click();
  await page.getByText("采用这些资料").click();
  await page.locator(".choice").filter({ hasText: "燃料" }).getByText("来源：以前的记录").waitFor();
  result(true, "facts of an earlier record are taken over with their source");
  await choose(page, "自动");
  await page.getByRole("button", { name: "下一步" }).click();
  await page.locator('.method-step [aria-pressed="true"]').getByText("自由加速法").waitFor();
  await page.locator(".button-start").click();
  await page.getByRole("dialog").getByText("与以前的记录不一致").waitFor();
  await shot(page, "differs");
  await page.getByRole("button", { name: "已核对行驶证" }).click();
  await page.locator(".running").waitFor();
  const test = (await waitFor("the test", async () => (await json("status")).test)).id;
  result(true, "a fact that differs is asked about, and the officer's word starts the test");
  await json("test", "abort", test, "--reason", "only its start matters here");
  await page.locator("[data-verdict=aborted]").waitFor();
  await nextVehicle(page);
}

async function otherStation() {
  const page = await tablet();
  await page.goto(CONSOLE);
  await page.evaluate(() => sessionStorage.setItem("draft:current-test", JSON.stringify({ id: "652301-0099-T000001", plate: "新A66T21", colour: "yellow", method: "free-acceleration", from: "", ended: false })));
  await page.goto(`${CONSOLE}#/test`);
  await page.reload();
  await page.locator(".keys-provinces").waitFor();
  result(true, "a test that this station does not know is not waited for");
  await page.context().close();
}

async function languages(page) {
  await page.goto(`${CONSOLE}#/now`);
  await page.locator("select").selectOption("en");
  await page.getByRole("heading", { name: "Instruments" }).waitFor();
  await page.getByRole("button", { name: /Night/ }).click();
  equal(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme]), ["en", "night"], "language and theme change");
  await shot(page, "now-en-night");
  await page.reload();
  await page.getByRole("heading", { name: "Instruments" }).waitFor();
  await page.locator("select").selectOption("zh");
  await page.getByRole("button", { name: /日光/ }).click();
}

const page = await tablet();
try {
  await step("wrong PINs lock an officer", page, wrongPins);
  await step("the lock when nobody touches the tablet", page, idleLock);
  let id;
  await step("a failed test", page, async () => {
    id = await fail(page);
  });
  if (id) await step("two officers, delivered", page, () => review(page, id));
  await step("next vehicle", page, async () => {
    await page.goto(`${CONSOLE}#/test`);
    await nextVehicle(page);
  });
  await step("an aborted test, and a reload", page, () => aborted(page));
  await step("an unplugged analyzer", page, () => unplugged(page));
  await step("an earlier record says otherwise", page, () => differs(page));
  await step("a tablet from another station", page, otherStation);
  await step("language and theme", page, () => languages(page));
  await step("by the keyboard alone", page, keyboardPass);
  equal(page.errors, [], "the page has logged no error");
} finally {
  await browser.close();
}
end();
