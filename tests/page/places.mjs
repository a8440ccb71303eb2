// Every page beside the test itself, at a station with a day behind it: looked at in Chinese, English and Uyghur, by axe, at 200 % zoom, for
// the size of what is pressed and the contrast of what is read; and what officers do there.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { CONSOLE, browser, end, enterPin, equal, json, login, result, shot, step, tablet, waitFor } from "./tablet.mjs";
import { contrasts, crossing, small, wide } from "./look.mjs";

const { DIR, PIN, FACTS } = process.env;
const facts = JSON.parse(FACTS);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const places = {
  now: "now",
  wall: "wall",
  vehicles: "vehicle",
  vehicle: `vehicle/${encodeURIComponent("新A66T21")}`,
  cases: "cases",
  case: `cases/${facts.to_review}`,
  "case-second": `cases/${facts.reviewed}`,
  "case-sent": `cases/${facts.sent}`,
  depot: "depot",
  checklists: "checklist",
  checklist: `checklist/${facts.checklist}`,
  supervisor: "supervisor",
  numbers: "supervisor/numbers",
  charts: "supervisor/charts",
  people: "supervisor/people",
  instruments: "setup/instruments",
  probe: "setup/probe",
  officers: "setup/officers",
  rules: "setup/rules",
  outlets: "setup/outlets",
  journal: "setup/journal",
};

/** Goes there and waits until nothing is being read any more. */
async function visit(page, place) {
  await page.goto(`${CONSOLE}#/${place}`);
  await page.locator("h1, h2").first().waitFor();
  await waitFor(`${place} to be read`, () => page.evaluate(() => !/正在读取…|Reading…/.test(document.querySelector("main").innerText)));
}

async function inLanguage(language, options = {}) {
  const page = await tablet(options);
  await page.addInitScript((name) => localStorage.setItem("language", name), language);
  await page.goto(CONSOLE);
  await page.locator(".counters").waitFor();
  return page;
}

// ---- how it looks ----

async function lookAt(language) {
  const page = await inLanguage(language, { bypassCSP: true }); // so that axe can be put in; the policy is tested in page_test
  await login(page, "S0001", PIN);
  await page.addScriptTag({ content: axe });
  for (const [name, place] of Object.entries(places)) {
    await visit(page, place);
    await page.screenshot({ path: join(process.env.SHOTS, `${name}-${language}.png`), fullPage: true });
    const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations);
    const grave = found.filter((v) => v.impact === "serious" || v.impact === "critical");
    result(grave.length === 0, `axe finds nothing serious on ${name} (${language})`, grave.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).slice(0, 3).join(" ")}`).join("\n"));
    if (language !== "zh") continue;
    const faint = await page.evaluate(contrasts, 7);
    result(faint.length === 0, `what is read on ${name} has a contrast of 7 to 1`, faint.slice(0, 6).join("\n"));
    const tiny = await page.evaluate(small, 64);
    result(tiny.length === 0, `what is pressed on ${name} is 64 pixels high and wide`, tiny.slice(0, 6).join("\n"));
  }
  equal(page.errors, [], `no error in the page's log (${language})`);
  await page.context().close();
}

async function fromRightToLeft() {
  const page = await inLanguage("ug");
  equal(await page.evaluate(() => document.documentElement.dir), "rtl", "Uyghur is written from right to left");
  for (const [name, place] of Object.entries(places)) {
    await visit(page, place);
    await page.screenshot({ path: join(process.env.SHOTS, `${name}-ug.png`), fullPage: true });
    const found = await page.evaluate(wide);
    result(found.length === 0, `nothing sticks out of ${name} from right to left`, found.join("\n"));
  }
  const menu = await page.locator(".menu").boundingBox();
  result(menu.x > 600, "the menu stands at the right", JSON.stringify(menu));
  await page.context().close();
}

/** 200 % zoom is half the pixels of CSS. */
async function zoomed() {
  const page = await inLanguage("zh", { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 });
  for (const [name, place] of Object.entries(places)) {
    await visit(page, place);
    const found = [...(await page.evaluate(wide)), ...(await page.evaluate(crossing))];
    result(found.length === 0, `${name} at 200 %: nothing sticks out, nothing lies over another`, found.slice(0, 6).join("\n"));
  }
  await shot(page, "zoom-200");
  await page.context().close();
}

// ---- what is done there ----

async function twoOfficers(page) {
  await visit(page, `cases/${facts.to_review}`);
  await login(page, "P0042", PIN);
  await page.getByRole("button", { name: "初审通过" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "审核通过" }).click();
  await page.getByText("初审后无变化").waitFor();
  equal(await page.getByRole("button", { name: "复审通过" }).isDisabled(), true, "who has done the first review cannot do the second");
  await page.getByRole("button", { name: "第二人登录" }).click();
  await enterPin(page, "P0044", PIN);
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "复审通过" }).click();
  await shot(page, "second-review-zh");
  await page.getByRole("dialog").getByRole("button", { name: "审核通过" }).click();
  await page.getByRole("button", { name: "移送公安" }).waitFor();
  const shown = await json("case", "show", facts.to_review);
  equal([shown.state, shown.reviewer1, shown.reviewer2], ["review2", "P0042", "P0044"], "two officers at one tablet, each in the own name");
}

/** A police officer files what a decision on the spot consists of; what the page sends is what the outlet for 04C54 takes. */
async function decisionOnTheSpot(page) {
  await visit(page, `cases/${facts.handled}`);
  await login(page, "650012", PIN);
  await page.getByRole("button", { name: "决定书备案" }).click();
  const dialog = page.getByRole("dialog");
  const file = dialog.getByRole("button", { name: "决定书备案" });
  equal(await file.isDisabled(), true, "nothing is filed before something is filled in");
  await dialog.getByRole("button", { name: "警告" }).click();
  equal(await dialog.getByLabel("罚款金额").inputValue(), "0", "who is warned pays nothing");
  await dialog.getByRole("button", { name: "2 罚款" }).click();
  equal(await dialog.getByLabel("罚款金额").inputValue(), "", "a fine without figure is that of the code table");
  for (const [label, value] of Object.entries({ 姓名: "某", 驾驶证号: "652301198001011234", 准驾车型: "A2", 缴款方式: "1" })) await dialog.getByLabel(label).fill(value);
  await dialog.getByText("其他字段").click();
  await dialog.getByLabel("每行一项").fill("driver.dh = 13900000000\nno field");
  const faint = await page.evaluate(contrasts, 7);
  result(faint.length === 0, "what is read in the form has a contrast of 7 to 1", faint.join("\n"));
  await shot(page, "decision-filed-zh");
  await file.click();
  await dialog.waitFor({ state: "detached" });
  const steps = (await json("case", "show", facts.handled)).steps;
  equal([steps.at(-1).act, steps.at(-1).officer], ["file", "650012"], "what the decision consists of is put on record");
  await page.getByRole("button", { name: "退出" }).click();
}

async function roster(page) {
  await visit(page, "depot");
  const bad = join(DIR, "bad.csv");
  writeFileSync(bad, "号牌号码,号牌颜色\n新A20001,黄\n新A2O001X,黄\n新A20003,紫\n");
  await page.getByRole("button", { name: "导入名册" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.locator("input[type=file]").setInputFiles(bad);
  await dialog.getByRole("button", { name: "导入名册" }).click();
  await dialog.getByRole("cell", { name: "3", exact: true }).waitFor();
  equal(await dialog.locator("tbody tr").count(), 2, "each wrong line is named");
  await shot(page, "roster-problems-zh");
  const good = join(DIR, "good.csv");
  writeFileSync(good, "号牌号码,号牌颜色\n新A20001,黄\n新A20002,黄\n");
  await dialog.locator("input[type=file]").setInputFiles(good);
  await dialog.getByRole("button", { name: "导入名册" }).click();
  await dialog.getByText("已导入 2 辆车").waitFor();
  await dialog.getByRole("button", { name: "确定" }).click();
  await page.locator(".depot-row", { hasText: "20002" }).getByRole("button", { name: "登记缺席" }).click();
  await dialog.getByRole("button", { name: "在修" }).click();
  await dialog.getByRole("button", { name: "确定" }).click();
  await page.locator(".depot-row", { hasText: "20002" }).getByText("缺席", { exact: true }).waitFor();
  const row = (await json("roster", "list")).vehicles.find((v) => v.plate === "新A20002");
  equal([row.state, row.absent_reason], ["absent", "在修"], "an absentee has a reason");
}

async function checklist(page) {
  await visit(page, "checklist");
  await page.locator(".recent-row", { hasText: "12345" }).click();
  const item = (text) => page.locator(".item", { hasText: text });
  await item("苫盖").getByRole("button", { name: "合格", exact: true }).click();
  await item("苫盖").locator(".given").waitFor();
  await item("DPF").getByRole("button", { name: "不合格" }).click();
  await item("DPF").getByRole("button", { name: /^保存/ }).click();
  await item("DPF").getByRole("alert").waitFor();
  result(/picture/.test(await item("DPF").getByRole("alert").innerText()), "a failed item without a picture is refused with the reason");
  await item("DPF").locator("input[type=file]").setInputFiles(join(DIR, "mud.jpg"));
  await item("DPF").getByLabel("备注").fill("拆除");
  await item("DPF").getByRole("button", { name: /^保存/ }).click();
  await item("DPF").locator(".given-photo").waitFor();
  const answers = (await json("checklist", facts.checklist)).answers;
  equal(answers.map((a) => [a.item, a.answer, a.remark]).sort(), [["dpf", "failed", "拆除"], ["load-covered", "passed", ""], ["urea-concentration", "passed", ""]], "answers stand beside the one of before");
  await page.getByRole("button", { name: "完成并移交" }).click();
  await page.getByText("已完成").first().waitFor();
  equal((await json("checklist", facts.checklist)).ended, true, "and it is ended");
}

async function curves(page) {
  await visit(page, places.vehicle);
  await page.locator(".curves .legend li").nth(1).waitFor();
  equal(await page.locator(".curves canvas").count(), 1, "two tests lie over each other");
  await page.getByRole("button", { name: "并列" }).click();
  equal(await page.locator(".curves canvas").count(), 2, "or side by side");
}

async function lookAfter(page) {
  await visit(page, "setup/instruments");
  await page.locator(".device", { hasText: "NHT-6" }).getByRole("button", { name: "零点检查" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "开始" }).click();
  await page.getByRole("dialog").locator(".check-result").getByText("合格").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "退出" }).click();
  await login(page, "S0001", PIN);
  await visit(page, "setup/officers");
  await page.getByRole("button", { name: "登记人员" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("执法编号").fill("M0011");
  await dialog.getByLabel("姓名").fill("检修员辛");
  await dialog.getByRole("button", { name: "技术员" }).click();
  await dialog.getByRole("button", { name: "登记人员" }).click();
  await page.locator(".officer-row", { hasText: "M0011" }).getByRole("button", { name: "停用" }).click();
  await dialog.getByRole("button", { name: "停用" }).click();
  await page.locator(".officer-row", { hasText: "M0011" }).getByText("已停用").waitFor();
  const row = (await json("officer", "list")).officers.find((o) => o.number === "M0011");
  equal([row.role, row.enabled], ["technician", false], "an officer is registered and disabled");
}

async function nothingThere(page) {
  await visit(page, "cases/nonsense");
  result(/没有找到|填写有误/.test(await page.getByRole("alert").first().innerText()), "a case that is not there is said in words");
  await visit(page, `vehicle/${encodeURIComponent("新Z00001")}`);
  await page.getByText("本站没有这辆车的记录").waitFor();
}

const page = await inLanguage("zh");
const inTurn = async (...steps) => {
  for (const [what, look] of steps) await step(what, page, look);
};
await Promise.all([
  inTurn(["every page in Chinese", () => lookAt("zh")], ["every page from right to left", fromRightToLeft]),
  inTurn(["every page in English", () => lookAt("en")], ["every page at 200 %", zoomed]),
]);
for (const [what, act] of Object.entries({ "a decision on the spot": decisionOnTheSpot, "a review by two officers": twoOfficers, "a roster": roster, "a checklist taken up again": checklist, "curves": curves, "a check, an officer": lookAfter, "what is not there": nothingThere }))
  await step(what, page, () => act(page));
equal(page.errors, [], "no error in the page's log");
await browser.close();
end();
