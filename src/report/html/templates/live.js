"use strict";
// Each event says that there is a newer state of the report; it is fetched and put in place of the one before.
// What a reader has opened stays open, and the page does not jump.
const report = document.getElementById("report");
const source = new EventSource("events");
let asking = false;
let behind = false;

function renew() {
  if (asking) {
    behind = true;
    return;
  }
  asking = true;
  fetch("body", { cache: "no-store" })
    .then((answer) => answer.text())
    .then((body) => {
      const known = new Map([...report.querySelectorAll("summary")].map((it) => [it.textContent, it.parentElement.open]));
      const focused = document.activeElement && report.contains(document.activeElement) ? document.activeElement.textContent : null;
      const [x, y] = [window.scrollX, window.scrollY];
      const narrowed = narrowing();
      report.innerHTML = body;
      document.title = `${report.querySelector("h1").textContent.trim()} · tillrush`;
      for (const summary of report.querySelectorAll("summary")) {
        if (known.has(summary.textContent)) summary.parentElement.open = known.get(summary.textContent);
        if (focused !== null && summary.textContent === focused) summary.focus({ preventScroll: true });
      }
      begin(narrowed);
      window.scrollTo(x, y);
    })
    .catch(() => {})
    .finally(() => {
      asking = false;
      if (behind) {
        behind = false;
        renew();
      }
    });
}

source.addEventListener("state", renew);
source.addEventListener("end", () => {
  source.close();
  renew();
});
