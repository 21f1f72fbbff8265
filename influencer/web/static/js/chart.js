// Charts drawn from the table inside them: bars (ranks), lines (over time), sparkline (a line beside a number).
//
// The table is the data and the fallback: its first column names the rows, every other column is a series, a cell is a
// number by its data-value or its text, an empty cell is a gap. A last column with data-bands names what was going on at
// the time of each row, drawn as bands of time under the lines. `fill` changes the table and draws again.

import { element, svg } from "./dom.js";

const LEAST_ROW = 20;
const SERIES = 6;
const BAND = 16; // px
const DASHES = ["", "7 4", "2 4", "10 4 2 4", "4 2", "12 3"];
const watcher = new ResizeObserver((entries) => entries.forEach((entry) => draw(entry.target.closest(".chart"))));

export function drawAll(root = document) {
  for (const figure of root.querySelectorAll("figure.chart")) {
    draw(figure);
    watcher.observe(figure.querySelector(".chart-plot"));
  }
}

// rows: [[name, cell, …], …]; a cell is a number, null, or { value, text }.
export function fill(figure, rows) {
  figure.querySelector("tbody").replaceChildren(
    ...rows.map(([name, ...cells]) => element("tr", {}, element("th", { scope: "row" }, name), ...cells.map(cellOf))),
  );
  draw(figure);
}

export function draw(figure) {
  const plot = figure.querySelector(".chart-plot");
  const [width, height] = [plot.clientWidth, plot.clientHeight];
  if (!width || !height) return;
  const data = read(figure);
  const title = figure.querySelector("figcaption").textContent.trim();
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  picture.append(svg("title", {}, title), svg("desc", {}, figure.dataset.description || summary(data)));
  const painter = { bars, lines, sparkline }[figure.dataset.chart] ?? lines;
  if (data.rows.length) picture.append(...painter(data, width, height));
  plot.replaceChildren(picture);
  keys(figure, data);
}

function cellOf(cell) {
  const { value, text } = cell !== null && typeof cell === "object" ? cell : { value: cell };
  return element("td", { class: "number", "data-value": value ?? "" }, text ?? (value === null ? "" : format(value)));
}

function read(figure) {
  const names = [...figure.querySelectorAll("thead th:not([data-bands])")].slice(1, SERIES + 1).map((cell) => cell.textContent.trim());
  const banded = figure.querySelector("thead th[data-bands]")?.cellIndex;
  const rows = [...figure.querySelectorAll("tbody tr")].map((row) => {
    const [head, ...cells] = row.cells;
    const values = names.map((_, n) => number(cells[n]));
    const bands = row.cells[banded]?.textContent.split(",").map((name) => name.trim()).filter(Boolean) ?? [];
    return { name: head.textContent.trim(), values, bands, texts: names.map((_, n) => cells[n]?.textContent.trim() ?? "") };
  });
  return { names, rows };
}

function number(cell) {
  const text = cell?.dataset.value ?? cell?.textContent.trim() ?? "";
  const value = text === "" ? NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

// --- the kinds ---------------------------------------------------------------------------------------------------

function bars({ names, rows }, width, height) {
  const shown = rows.slice(0, Math.max(1, Math.floor(height / LEAST_ROW)));
  const top = Math.max(0, ...shown.flatMap((row) => row.values)) || 1;
  const labels = Math.min(width * 0.38, 8 + 7 * Math.max(...shown.map((row) => row.name.length)));
  const room = Math.max(20, width - labels - 76);
  const step = height / shown.length;
  const thick = Math.min(26, (step * 0.74) / names.length);
  return shown.flatMap((row, n) => {
    const middle = step * (n + 0.5);
    const marks = row.values.flatMap((value, series) => {
      const y = middle + thick * (series - names.length / 2);
      const long = value === null ? 0 : Math.max(1, (room * Math.max(0, value)) / top);
      return [
        svg("rect", { class: "bar", "data-series": series + 1, x: labels, y: y + 1, width: long, height: thick - 2, rx: 3 }, tip(row, names, series)),
        svg("text", { class: "value", x: labels + long + 6, y: y + thick / 2 + 4 }, row.texts[series]),
      ];
    });
    return [svg("text", { x: labels - 8, y: middle + 4, "text-anchor": "end" }, shortened(row.name, labels / 7), svg("title", {}, row.name)), ...marks];
  });
}

function lines({ names, rows }, width, height) {
  const going = [...new Set(rows.flatMap((row) => row.bands))].sort();
  const left = Math.max(44, ...going.map((name) => Math.min(width * 0.34, 14 + 7 * name.length)));
  const area = { left, top: 8, right: width - 10, bottom: height - 24 - BAND * going.length };
  const values = rows.flatMap((row) => row.values).filter((value) => value !== null);
  const marks = ticks(Math.min(0, ...values), Math.max(0, ...values));
  const [low, high] = [marks[0], marks.at(-1)];
  const x = (n) => (rows.length < 2 ? (area.left + area.right) / 2 : area.left + ((area.right - area.left) * n) / (rows.length - 1));
  const y = (value) => area.bottom - ((area.bottom - area.top) * (value - low)) / (high - low);
  const grid = marks.flatMap((value) => [
    svg("line", { class: "grid", x1: area.left, x2: area.right, y1: y(value), y2: y(value) }),
    svg("text", { x: area.left - 8, y: y(value) + 4, "text-anchor": "end" }, format(value)),
  ]);
  return [...grid, ...bandsOf(going, rows, x, area), ...dates(rows, x, height - 4, width), ...names.flatMap((_, series) => line({ names, rows }, series, x, y))];
}

function sparkline({ rows }, width, height) {
  const values = rows.map((row) => row.values[0]).filter((value) => value !== null);
  if (!values.length) return [];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (n) => 3 + ((width - 6) * n) / Math.max(1, rows.length - 1);
  const y = (value) => height - 4 - ((height - 8) * (value - low)) / (high - low || 1);
  const path = paths(rows, 0, x, y);
  const last = rows.findLastIndex((row) => row.values[0] !== null);
  return [
    svg("path", { class: "line", "data-series": 1, d: path.join("") }),
    svg("circle", { class: "dot", "data-series": 1, cx: x(last), cy: y(rows[last].values[0]), r: 3 }),
  ];
}

// --- parts -------------------------------------------------------------------------------------------------------

function line({ names, rows }, series, x, y) {
  const drawn = [svg("path", { class: "line", "data-series": series + 1, "stroke-dasharray": DASHES[series], d: paths(rows, series, x, y).join("") })];
  const dotted = rows.length <= 60;
  rows.forEach((row, n) => {
    const value = row.values[series];
    if (value === null) return;
    drawn.push(svg("circle", { class: "dot", "data-series": series + 1, cx: x(n), cy: y(value), r: dotted ? 3.5 : 1 }, tip(row, names, series)));
  });
  return drawn;
}

// A line of its own for each thing that was going on, with a bar as wide as the row wherever it was.
function bandsOf(going, rows, x, area) {
  const half = rows.length < 2 ? 20 : (x(1) - x(0)) / 2;
  return going.flatMap((name, at) => {
    const y = area.bottom + BAND * at + 4;
    const marks = rows.flatMap((row, n) => {
      if (!row.bands.includes(name)) return [];
      const [from, to] = [Math.max(area.left, x(n) - half), Math.min(area.right, x(n) + half)];
      return [svg("rect", { class: "band", x: from, y, width: to - from, height: BAND - 6 }, svg("title", {}, `${row.name}: ${name}`))];
    });
    return [svg("text", { x: area.left - 8, y: y + 9, "text-anchor": "end" }, shortened(name, (area.left - 12) / 7), svg("title", {}, name)), ...marks];
  });
}

// One piece of path a stretch without a gap.
function paths(rows, series, x, y) {
  let open = false;
  return rows.map((row, n) => {
    const value = row.values[series];
    const step = value === null ? "" : `${open ? "L" : "M"}${x(n).toFixed(1)} ${y(value).toFixed(1)}`;
    open = value !== null;
    return step;
  });
}

// As many of the rows' names along the lower edge as have room.
function dates(rows, x, y, width) {
  const longest = Math.max(...rows.map((row) => row.name.length)) * 7 + 16;
  const room = x(rows.length - 1) - x(0);
  const every = Math.max(1, Math.ceil((rows.length * longest) / Math.max(1, room)));
  return rows.flatMap((row, n) => {
    if (n % every) return [];
    if (n && n < rows.length - 1 && x(n) + longest / 2 > width) return []; // would stand out of the picture
    const anchor = n === 0 ? "start" : n === rows.length - 1 ? "end" : "middle";
    return [svg("text", { x: x(n), y, "text-anchor": anchor }, row.name)];
  });
}

function tip(row, names, series) {
  return svg("title", {}, `${row.name}, ${names[series]}: ${row.texts[series]}`);
}

function keys(figure, { names }) {
  let list = figure.querySelector(".chart-keys");
  if (!list) return;
  list.replaceChildren(
    ...names.map((name, series) =>
      element(
        "li",
        { "data-series": series + 1 },
        svg("svg", { "aria-hidden": "true", viewBox: "0 0 22 10" }, svg("path", { class: "line", "stroke-width": 3, "stroke-dasharray": DASHES[series], d: "M1 5H21" })),
        name,
      ),
    ),
  );
}

function summary({ names, rows }) {
  const told = names.map((name, series) => {
    const known = rows.filter((row) => row.values[series] !== null);
    if (!known.length) return `${name}: no data.`;
    const by = (a, b) => (a.values[series] <= b.values[series] ? a : b);
    const [least, most] = [known.reduce(by), known.reduce((a, b) => (by(a, b) === a ? b : a))];
    return `${name}: lowest ${least.texts[series]} (${least.name}), highest ${most.texts[series]} (${most.name}).`;
  });
  return `${told.join(" ")} The numbers are in the table below.`;
}

// Round steps (1, 2 or 5 times a power of ten) that hold every value; at least two marks.
export function ticks(low, high) {
  const span = high - low || 4; // nothing but zeros: 0 and 1
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.ceil(high / step));
  return Array.from({ length: last - first + 1 }, (_, n) => Number(((first + n) * step).toPrecision(12)));
}

function shortened(text, letters) {
  return text.length <= letters ? text : `${text.slice(0, Math.max(1, Math.floor(letters) - 1))}…`;
}

function format(value) {
  return new Intl.NumberFormat(document.documentElement.lang || "en", { notation: "compact", maximumFractionDigits: 2 }).format(value);
}
