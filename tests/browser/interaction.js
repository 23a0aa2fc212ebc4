// What a page does with its script, and that it is whole without.
"use strict";

const { pathToFileURL } = require("node:url");

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function opened(browser, file, script = true) {
  const page = await browser.newPage();
  await page.setJavaScriptEnabled(script);
  await page.setViewport({ width: 1280, height: 900 });
  await page.goto(pathToFileURL(file).href);
  return page;
}

// Charts answer to a pointer and to keys; the page is narrowed and copied from.
async function answering(browser, file, ensure) {
  const page = await opened(browser, file);
  await page.evaluate(() => document.getElementById("overview").scrollIntoView());
  await pause(300);
  await tooltips(page, ensure);
  await zoom(page, ensure);
  await keys(page, ensure);
  await series(page, ensure);
  await filter(page, ensure);
  await notes(page, ensure);
  await page.close();
  console.log("charts answer, filters narrow, notes are copied");
}

const over = async (page, id) => (await page.$(`#${id} .u-over`)).boundingBox();
const axisOf = (page, id) => page.$eval(`#${id} .plot`, () => null).then(() => page.evaluate((it) => { const { min, max } = drawn.get(it).chart.scales.x; return [min, max]; }, id));

async function tooltips(page, ensure) {
  const box = await over(page, "arrivals");
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await pause(100);
  const told = await page.$eval("#arrivals .tip", (it) => ({ hidden: it.hidden, text: it.textContent }));
  ensure(!told.hidden && /^\d+:\d\d · \d\d:\d\d:\d\d UTC/.test(told.text), `the tooltip says ${JSON.stringify(told)}`);
  // What it says is what the chart's figures say of that moment.
  const [time, started] = /^(\d+:\d\d).*started: ([\d.,]+)\/s/.exec(told.text).slice(1);
  const row = await page.$$eval("#arrivals tbody tr", (rows, at) => [...rows].map((it) => [...it.cells].map((cell) => cell.textContent)).find((cells) => cells[0] === at), time);
  ensure(Number(row[3].replace(",", "")) === Number(started.replace(",", "")), `the tooltip says ${started} at ${time}, the figures ${row}`);
  const crosshairs = await page.$$eval(".panel .u-cursor-x:not(.u-off)", (all) => all.length);
  ensure(crosshairs >= 4, `${crosshairs} charts show the place that is pointed at`);
}

async function zoom(page, ensure) {
  const whole = await axisOf(page, "arrivals");
  const box = await over(page, "arrivals");
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.25, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, y, { steps: 5 });
  await page.mouse.up();
  const near = (one, other) => Math.abs(one - other) < (whole[1] - whole[0]) / 50;
  for (const id of ["arrivals", "failures", "inside"]) {
    const [from, until] = await axisOf(page, id);
    ensure(near(from, whole[1] / 4) && near(until, whole[1] / 2), `${id} shows ${from} to ${until} of ${whole}`);
  }
  await page.click("#failures .reset");
  const after = await axisOf(page, "failures");
  ensure(near(after[0], whole[0]) && near(after[1], whole[1]), `after a reset: ${after}`);
}

async function keys(page, ensure) {
  const whole = await axisOf(page, "failures");
  await page.focus("#failures .plot");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  const spoken = await page.$eval("#failures [role=status]", (it) => it.textContent);
  ensure(/^0:0\d, failures /.test(spoken), `the arrow keys say ${spoken}`);
  await page.keyboard.press("+");
  const closer = await axisOf(page, "failures");
  ensure(closer[1] - closer[0] < (whole[1] - whole[0]) * 0.6, `+ shows ${closer} of ${whole}`);
  await page.keyboard.press("0");
  const after = await axisOf(page, "failures");
  ensure(after[1] - after[0] === whole[1] - whole[0], `0 shows ${after}`);
}

async function series(page, ensure) {
  const toggle = (await page.$$("#arrivals .legend button"))[0];
  await toggle.click();
  const hidden = await page.evaluate(() => [drawn.get("arrivals").chart.series[1].show, document.querySelector("#arrivals .legend button").getAttribute("aria-pressed")]);
  ensure(hidden[0] === false && hidden[1] === "false", `a series that was switched off is ${hidden}`);
  await toggle.click();
}

async function filter(page, ensure) {
  const rows = () => page.$$eval("#places table:not(.heat) tbody tr", (all) => all.filter((it) => !it.classList.contains("filtered")).map((it) => it.textContent));
  const before = await rows();
  await page.select("[data-filter=step]", "pay");
  const after = await rows();
  ensure(after.length > 0 && after.length < before.length && after.every((text) => /pay/.test(text)), `narrowed to pay: ${after.join("; ")}`);
  const charts = await page.$$eval("figure[data-step]:not(.filtered)", (all) => [...new Set(all.map((it) => it.dataset.step))]);
  ensure(charts.length === 1 && charts[0] === "pay", `charts of ${charts}`);
  const examples = await page.$$eval("article[data-step]", (all) => all.filter((it) => !it.classList.contains("filtered")).map((it) => it.dataset.step));
  ensure(examples.length > 0 && examples.every((steps) => steps.split("|").includes("pay")), `examples of ${examples}`);
  ensure(/^\d+ of \d+ rows/.test(await page.$eval("#filtered", (it) => it.textContent)), "the number of rows shown is not told");
  await page.click("#unfilter");
  ensure((await rows()).length === before.length, "not all is shown again");
}

async function notes(page, ensure) {
  const button = await page.$("[data-copy]");
  if (!button) return;
  await page.$eval("details.incident", (it) => (it.open = true));
  await button.click();
  await pause(200);
  ensure((await page.$eval("[data-copy]", (it) => it.textContent)) === "Copied", "a note is not copied");
}

// Without a script, the pictures are there, all words are, and nothing that needs one is offered.
async function withoutScript(browser, file, ensure) {
  const page = await opened(browser, file, false);
  const picture = await (await page.$("#arrivals svg.wide")).boundingBox();
  ensure(picture && picture.width > 600, "without script, a chart has no picture");
  for (const selector of ["#filter", "[data-copy]", ".scripted"]) {
    const found = await page.$$(selector);
    for (const it of found) ensure((await it.boundingBox()) === null, `without script, ${selector} is offered`);
  }
  const seen = await page.$$("#overview figure");
  ensure(seen.length >= 4, `without script: ${seen.length} charts in the overview`);
  const chapter = await page.$("details.chapter:not([open]) > summary");
  await chapter.click();
  ensure((await page.$("details.chapter:not([open]) > summary h2")) !== null || chapter, "a chapter does not open");
  await page.close();
  console.log("without script: whole");
}

module.exports = { answering, withoutScript };
