// What else the page does: it is narrowed to a journey, a step, a group or a failure, and it copies notes.

// The names in a cell: "pay, cart", "payment wallet at pay".
const namesIn = (text) => text.split(/\s*(?:[,;/]|\bat\b|\(|\))\s*/).map((name) => name.trim());

function cellNames(row) {
  return [...row.cells].flatMap((cell) => [cell.textContent.trim(), ...namesIn(cell.textContent)]);
}

// Whether a table is about such names: it has a row for at least one of them.
function knows(table, options) {
  return [...table.tBodies].some((body) => [...body.rows].some((row) => cellNames(row).some((name) => options.has(name))));
}

function narrow() {
  const chosen = [...document.querySelectorAll("[data-filter]")].filter((it) => it.value).map((it) => [it.dataset.filter, it.value, new Set([...it.options].slice(1).map((option) => option.value))]);
  let shown = 0;
  let all = 0;
  const show = (it, visible) => {
    it.classList.toggle("filtered", !visible);
    all += 1;
    shown += visible ? 1 : 0;
  };
  document.querySelectorAll("section table:not(.data):not(.heat)").forEach((table) => {
    const own = chosen.filter(([, , options]) => knows(table, options));
    [...table.tBodies].forEach((body) => [...body.rows].forEach((row) => show(row, own.every(([, value]) => cellNames(row).includes(value)))));
  });
  document.querySelectorAll("figure[data-step], article[data-journey]").forEach((it) => {
    const fits = ([key, value]) => it.dataset[key] === undefined || it.dataset[key].split("|").includes(value) || (key === "step" && it.dataset.step.split("|").includes(value.split("/").pop()));
    show(it, chosen.every(fits));
  });
  document.querySelectorAll("details.example").forEach((it) => it.classList.toggle("filtered", it.querySelector("article") !== null && it.querySelector("article:not(.filtered)") === null));
  document.getElementById("unfilter").disabled = chosen.length === 0;
  document.getElementById("filtered").textContent = chosen.length === 0 ? "" : `${shown} of ${all} rows, charts and examples shown`;
}

function narrowing() {
  return [...document.querySelectorAll("[data-filter]")].map((it) => [it.dataset.filter, it.value]);
}

async function copy(button) {
  const text = button.parentElement.querySelector("pre").textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const range = document.createRange();
    range.selectNodeContents(button.parentElement.querySelector("pre"));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    document.execCommand("copy");
  }
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

// A link into a folded chapter opens it.
function openTarget() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  target.querySelector(":scope > details.chapter")?.setAttribute("open", "");
  for (let it = target; it; it = it.parentElement) if (it.tagName === "DETAILS") it.open = true;
  target.scrollIntoView();
}

// Brings a body to life, narrowed as the one before it was.
function begin(narrowed = []) {
  document.querySelectorAll(".scripted").forEach((it) => (it.hidden = false));
  for (const [key, value] of narrowed) {
    const select = document.querySelector(`[data-filter="${key}"]`);
    if (select && [...select.options].some((option) => option.value === value)) select.value = value;
  }
  if (document.getElementById("filter")) narrow();
  drawCharts();
}

document.addEventListener("change", (event) => event.target.matches?.("[data-filter]") && narrow());
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button");
  if (button?.matches("[data-copy]")) copy(button);
  if (button?.id === "unfilter") {
    document.querySelectorAll("[data-filter]").forEach((it) => (it.value = ""));
    narrow();
  }
});
addEventListener("hashchange", openTarget);
begin();
openTarget();
