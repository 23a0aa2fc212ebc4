"use strict";
// Draws the charts over time anew, so that they answer: figures at the pointer, zoom, series that can be hidden.
// The figures are those of the picture that is replaced. What can't be seen yet is drawn when it is scrolled to.
const drawn = new Map(); // By the figure's id.
const hiddenSeries = new Map(); // By the figure's id: names.
let zoomed = null; // The stretch of the run that all charts show; null for all of it.
let pointed = null; // The chart at which the reader points.
let watcher = null;

const colourOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const two = (number) => String(number).padStart(2, "0");

function sinceStart(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

function timeOfDay(seconds) {
  const start = Number(document.querySelector("[data-start]")?.dataset.start ?? 0);
  return new Date(start + seconds * 1000).toISOString().slice(11, 19);
}

function spanText(ms) {
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 1000) return `${Number(ms.toPrecision(3))} ms`;
  return `${Number((ms / 1000).toPrecision(3))} s`;
}

function valueText(value, unit) {
  if (unit === "ms") return spanText(value);
  return `${Number(value.toPrecision(4)).toLocaleString("en")}${unit}`;
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// The value of a series nearest to a place: quantiles are known for wider windows than counts.
function nearest(chart, series, index) {
  const [times, values] = [chart.data[0], chart.data[series]];
  let best = null;
  for (const step of [-1, 1]) {
    for (let i = index; i >= 0 && i < times.length; i += step) {
      if (values[i] === undefined) continue;
      if (values[i] !== null && (best === null || Math.abs(times[i] - times[index]) < Math.abs(times[best] - times[index]))) best = i;
      break;
    }
  }
  return best === null ? null : values[best];
}

function figuresAt(chart, data, index) {
  const at = chart.data[0][index];
  const lines = data.lines
    .map((line, i) => (chart.series[i + 1].show ? [line, nearest(chart, i + 1, index)] : [line, null]))
    .filter(([, value]) => value !== null);
  const inside = data.bands.filter((band) => band.from <= at && at < band.until);
  const named = inside
    .map((band) => (band.kind === "outage" ? "incident" : band.kind === "slow" ? "slow answers" : band.kind === "late" ? "load generator late" : band.name && `stage ${band.name}`))
    .filter(Boolean);
  return { at, lines, named };
}

function showTip(figure, chart, data, tip) {
  const index = chart.cursor.idx;
  const left = chart.cursor.left;
  tip.hidden = pointed !== figure.id || index === null || index === undefined || left < 0;
  if (tip.hidden) return;
  const { at, lines, named } = figuresAt(chart, data, index);
  tip.replaceChildren(element("strong", {}, `${sinceStart(at)} · ${timeOfDay(at)} ${document.getElementById("main").dataset.zone}`));
  for (const [line, value] of lines) {
    const mark = element("span", { class: "mark" });
    mark.style.background = colourOf(line.colour);
    tip.append(element("div", {}, mark, `${line.name}: ${valueText(value, data.unit)}`));
  }
  named.forEach((name) => tip.append(element("div", { class: name.startsWith("stage") ? "" : "named" }, name)));
  const room = chart.over.clientWidth;
  tip.style.left = `${left > room / 2 ? Math.max(0, left - tip.offsetWidth - 12) : left + 12}px`;
}

function drawBands(chart, data) {
  const { ctx, bbox } = chart;
  const place = (seconds) => Math.min(Math.max(chart.valToPos(seconds, "x", true), bbox.left), bbox.left + bbox.width);
  ctx.save();
  data.bands.forEach((band) => {
    if (band.kind === "stage" && !band.shaded) return;
    ctx.fillStyle = colourOf(band.kind);
    ctx.fillRect(place(band.from), bbox.top, place(band.until) - place(band.from), bbox.height);
  });
  ctx.restore();
}

function drawMarks(chart, data) {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.strokeStyle = colourOf("faint");
  for (const [at] of data.marks) {
    const x = chart.valToPos(at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  // The names of stages, where there is room.
  if (!data.named) return void ctx.restore();
  ctx.fillStyle = colourOf("faint");
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  for (const band of data.bands) {
    const from = Math.max(chart.valToPos(band.from, "x", true), bbox.left);
    const until = Math.min(chart.valToPos(band.until, "x", true), bbox.left + bbox.width);
    if (band.name && ctx.measureText(band.name).width < until - from) ctx.fillText(band.name, (from + until) / 2, bbox.top - 4 * devicePixelRatio);
  }
  ctx.restore();
}

function powersOfTen(low, high) {
  const powers = [];
  for (let power = Math.ceil(Math.log10(low) - 1e-9); 10 ** power <= high * 1.0001; power += 1) powers.push(10 ** power);
  return powers;
}

function zoomTo(range, length) {
  zoomed = range && [Math.max(0, range[0]), Math.min(length, range[1])];
  if (zoomed && zoomed[1] - zoomed[0] >= length) zoomed = null;
  for (const { chart, data, reset } of drawn.values()) {
    const [min, max] = zoomed ?? [0, data.length];
    chart.setScale("x", { min, max });
    reset.disabled = zoomed === null;
  }
}

// Charts beneath each other share the labels of the lowest; powers of ten are lines enough for a log scale.
function axes(data, labelled) {
  const line = { stroke: () => colourOf("line"), width: 1 };
  const axis = { stroke: () => colourOf("faint"), grid: line, ticks: line, font: "12px system-ui, sans-serif" };
  return [
    {
      ...axis,
      size: labelled ? 42 : 8,
      space: 84,
      incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400],
      values: (_, ticks) => ticks.map((at) => (labelled ? `${sinceStart(at)}\n${timeOfDay(at)}` : "")),
    },
    { ...axis, ...(data.log ? { splits: (_, __, min, max) => powersOfTen(min, max) } : {}), size: 62, space: 26, values: (_, ticks) => ticks.map((value) => (value === null ? "" : valueText(value, data.unit === "ms" ? "ms" : ""))) },
  ];
}

function options(figure, data, width, height, tip) {
  const fill = (line) => (line.filled ? { fill: () => `${colourOf(line.colour)}2e` } : {});
  const hidden = hiddenSeries.get(figure.id) ?? new Set();
  return {
    width,
    height,
    padding: [16, 14, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: "time" },
      y: false,
      drag: { x: true, y: false, setScale: false },
      bind: { dblclick: () => () => zoomTo(null, data.length) },
    },
    scales: {
      x: { time: false, range: (_, min, max) => [min, max] },
      y: data.log ? { distr: 3 } : { range: (_, min, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: axes(data, !figure.classList.contains("panel") || figure.matches(":last-of-type")),
    series: [
      {},
      ...data.lines.map((line) => ({ label: line.name, show: !hidden.has(line.name), stroke: () => colourOf(line.colour), width: 2, points: { show: false }, ...fill(line) })),
    ],
    hooks: {
      drawClear: [(chart) => drawBands(chart, data)],
      draw: [(chart) => drawMarks(chart, data)],
      setCursor: [(chart) => showTip(figure, chart, data, tip)],
      setSelect: [
        (chart) => {
          const { left, width: wide } = chart.select;
          if (wide > 6) zoomTo([chart.posToVal(left, "x"), chart.posToVal(left + wide, "x")], data.length);
          if (wide > 0) chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

function legendOf(figure, data, chart) {
  const legend = element("div", { class: "legend" });
  const hidden = hiddenSeries.get(figure.id) ?? new Set();
  hiddenSeries.set(figure.id, hidden);
  data.lines.forEach((line, i) => {
    const mark = element("span", { class: "mark" });
    mark.style.background = colourOf(line.colour);
    const toggle = element("button", { type: "button", "aria-pressed": String(!hidden.has(line.name)) }, mark, line.name);
    toggle.addEventListener("click", () => {
      const show = hidden.has(line.name);
      if (show) hidden.delete(line.name);
      else hidden.add(line.name);
      toggle.setAttribute("aria-pressed", String(show));
      chart().setSeries(i + 1, { show });
    });
    legend.append(toggle);
  });
  const reset = element("button", { type: "button", class: "reset" }, "Whole run");
  reset.disabled = zoomed === null;
  reset.addEventListener("click", () => zoomTo(null, data.length));
  legend.append(reset);
  return [legend, reset];
}

// Arrow keys move along the run, + and - zoom around that place, 0 shows all of it.
function byKeys(figure, data, chart, spoken) {
  const times = chart.data[0];
  let index = null;
  const shows = () => zoomed ?? [0, data.length];
  const moveTo = (next) => {
    const [from, until] = shows();
    index = Math.min(Math.max(next, 0), times.length - 1);
    while (times[index] < from && index < times.length - 1) index += 1;
    while (times[index] > until && index > 0) index -= 1;
    chart.setCursor({ left: chart.valToPos(times[index], "x"), top: chart.over.clientHeight / 2 });
    const { at, lines, named } = figuresAt(chart, data, index);
    spoken.textContent = [sinceStart(at), ...lines.map(([line, value]) => `${line.name} ${valueText(value, data.unit)}`), ...named].join(", ");
  };
  const zoomBy = (times_) => {
    const [from, until] = shows();
    const middle = index === null ? (from + until) / 2 : times[index];
    const half = ((until - from) * times_) / 2;
    zoomTo([middle - half, middle + half], data.length);
  };
  const step = (event) => (event.shiftKey ? 10 : 1);
  const keys = {
    ArrowRight: (event) => moveTo(index === null ? 0 : index + step(event)),
    ArrowLeft: (event) => moveTo(index === null ? times.length - 1 : index - step(event)),
    Home: () => moveTo(0),
    End: () => moveTo(times.length - 1),
    "+": () => zoomBy(0.5),
    "-": () => zoomBy(2),
    0: () => zoomTo(null, data.length),
  };
  return (event) => {
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    pointed = figure.id;
    act(event);
  };
}

function draw(figure) {
  const source = figure.querySelector('script[type="application/json"]');
  const picture = figure.querySelector(".picture");
  const box = picture.getBoundingClientRect();
  if (drawn.has(figure.id) || !source || box.width < 100) return;
  const data = JSON.parse(source.textContent);
  data.bands.filter((band) => band.kind === "stage").forEach((band, i) => (band.shaded = i % 2 === 0));
  data.named = !figure.classList.contains("panel") || figure.matches(":first-of-type");
  // Where there is room, what hides and shows series stands beside the title.
  const beside = innerWidth > 900 && figure.classList.contains("panel");
  const tip = element("div", { class: "tip", hidden: "" });
  const spoken = element("p", { class: "unseen", role: "status" });
  const label = `${picture.querySelector("svg").getAttribute("aria-label")} Arrow keys move along the run, plus and minus zoom, 0 shows all of it.`;
  const plot = element("div", { class: "plot", tabindex: "0", role: "group", "aria-label": label });
  const height = Math.max(100, Math.round(box.height) - (beside ? 0 : 30));
  const chart = new uPlot(options(figure, data, Math.floor(box.width), height, tip), uPlot.join(data.lines.map((line) => [line.x, line.y])), plot);
  chart.over.append(tip);
  const [legend, reset] = legendOf(figure, data, () => chart);
  picture.append(element("div", { class: "interactive" }, plot, ...(beside ? [] : [legend]), spoken));
  if (beside) {
    legend.classList.add("interactive");
    figure.querySelector(".title").after(legend);
  }
  figure.classList.add("answers-back");
  drawn.set(figure.id, { chart, data, reset, figure });
  const [min, max] = zoomed ?? [0, data.length];
  chart.setScale("x", { min, max });
  plot.addEventListener("pointerenter", () => (pointed = figure.id));
  plot.addEventListener("focus", () => (pointed = figure.id));
  plot.addEventListener("keydown", byKeys(figure, data, chart, spoken));
  plot.addEventListener("pointerleave", () => (tip.hidden = true));
}

function redraw() {
  for (const { chart } of drawn.values()) chart.redraw(false, true);
}

function fit() {
  for (const { chart, figure } of drawn.values()) {
    const width = Math.floor(figure.querySelector(".picture").clientWidth);
    if (width > 100 && width !== chart.width) chart.setSize({ width, height: chart.height });
  }
}

// Charts are drawn as they come into sight; those in sight at once, so that nothing moves.
function drawCharts() {
  for (const { chart } of drawn.values()) chart.destroy();
  drawn.clear();
  watcher?.disconnect();
  watcher = new IntersectionObserver((entries) => entries.filter((it) => it.isIntersecting).forEach((it) => draw(it.target)), { rootMargin: "400px" });
  document.querySelectorAll("figure[data-chart]").forEach((figure) => {
    if (!figure.querySelector(":scope > script")) return;
    if (figure.getBoundingClientRect().top < innerHeight && figure.checkVisibility()) draw(figure);
    watcher.observe(figure);
  });
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  redraw();
  document.querySelectorAll(".legend").forEach((legend) => {
    const entry = drawn.get(legend.closest("figure").id);
    legend.querySelectorAll(".mark").forEach((mark, i) => (mark.style.background = colourOf(entry.data.lines[i].colour)));
  });
});
addEventListener("resize", fit);
