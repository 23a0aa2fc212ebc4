// Runs of tillrush, and a Chromium that looks at their pages.
"use strict";

const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { createRequire } = require("node:module");

const HERE = __dirname;
const TARGET = path.resolve(HERE, "../../target/browser");
const SECONDS = 1000;

execFileSync(path.join(HERE, "install"), { stdio: "inherit" });
const installed = createRequire(path.join(TARGET, "package.json"));
const puppeteer = installed("puppeteer-core");
const axe = fs.readFileSync(installed.resolve("axe-core/axe.min.js"), "utf8");

const processes = new Set();
process.on("exit", () => processes.forEach((child) => child.kill("SIGKILL")));

// Starts tillrush; `said(pattern)` waits for what it says, `ended` is its exit code.
function start(tillrush, ...args) {
  const child = spawn(tillrush, args, { stdio: ["ignore", "pipe", "pipe"] });
  processes.add(child);
  let text = "";
  const waiting = new Set();
  const take = (data) => {
    text += data;
    waiting.forEach((look) => look());
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const ended = new Promise((resolve) =>
    child.on("close", (code) => {
      processes.delete(child);
      resolve(code);
      waiting.forEach((look) => look(true));
    }),
  );
  const said = (pattern, seconds = 30) =>
    within(seconds, `${args[0]} to say ${pattern}`, () => new Promise((resolve, reject) => {
      const look = (over) => {
        const found = pattern.exec(text);
        if (found) resolve(found);
        else if (over) reject(new Error(`${args.join(" ")} ended without saying ${pattern}:\n${text}`));
        if (found || over) waiting.delete(look);
      };
      waiting.add(look);
      look(false);
    }));
  return { said, ended, stop: () => child.kill("SIGTERM"), text: () => text };
}

async function within(seconds, what, doing) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${seconds} s for ${what}`)), seconds * SECONDS);
  });
  try {
    return await Promise.race([doing(), late]);
  } finally {
    clearTimeout(timer);
  }
}

// The one run folder in `out`, with what is in its run.json.
function runIn(out) {
  const [name] = fs.readdirSync(out);
  const folder = path.join(out, name);
  return { folder, page: path.join(folder, "report.html"), document: JSON.parse(fs.readFileSync(path.join(folder, "run.json"), "utf8")) };
}

async function launch() {
  return puppeteer.launch({
    executablePath: "/usr/bin/chromium",
    headless: true,
    pipe: true,
    userDataDir: fs.mkdtempSync(path.join(os.tmpdir(), "tillrush-browser-")),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
    ],
  });
}

module.exports = { axe, launch, puppeteer, runIn, start, within, HERE, TARGET };
