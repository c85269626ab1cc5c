"use strict";

// Vega-Lite specifications. They only draw: what is drawn, and its words, come from the section that asks.

const COLORS = { main: "#000091", other: "#c2410c", region: "#0f766e", country: "#6b7280", constant: "#7c5200", low: "#161616" };
const MAP_COLORS = ["#e3e8fb", "#bcc7f3", "#8d9de6", "#5c70d3", "#2f45b0", "#000074"];
const CHANGE_COLORS = ["#a33b00", "#de8656", "#f5d6c3", "#dbe1f8", "#8d9de6", "#2f45b0"];
const ORDERED_COLORS = ["#c27600", "#b4552f", "#97395a", "#6d2d77", "#3f2186", "#000091"];
const NO_PEOPLE = "#ffffff";
const NO_DATA = "url(#hatch)";

const time = (month) => toDate(month).getTime();

/** A colour for each of a few things in order, from the oldest to the newest. */
function orderedColor(position, number) {
  const place = number < 2 ? ORDERED_COLORS.length - 1 : (position * (ORDERED_COLORS.length - 1)) / (number - 1);
  const [from, to] = [Math.floor(place), Math.ceil(place)].map((index) => ORDERED_COLORS[index].match(/\w\w/g).map((part) => parseInt(part, 16)));
  return `#${from.map((part, index) => Math.round(part + (to[index] - part) * (place % 1)).toString(16).padStart(2, "0")).join("")}`;
}

const config = {
  font: "Source Sans 3, Segoe UI, system-ui, sans-serif",
  background: null,
  view: { stroke: null },
  axis: {
    labelFontSize: 14, labelColor: "#4a4a4a", titleFontSize: 14, domain: false,
    gridColor: "#e5e5e5", ticks: false, labelPadding: 6, title: null,
  },
  text: { fontSize: 14, color: "#4a4a4a" },
};

const MONTHS = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"];
const SHORT_MONTHS = ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."];
const DAYS = ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"];
const locale = {
  formatLocale: { decimal: ",", thousands: "\u00a0", grouping: [3], currency: ["", "\u00a0€"], minus: "−" },
  timeFormatLocale: {
    dateTime: "%A %e %B %Y", date: "%d/%m/%Y", time: "%H:%M", periods: ["", ""],
    days: DAYS, shortDays: DAYS.map((day) => day.slice(0, 3)), months: MONTHS, shortMonths: SHORT_MONTHS,
  },
};

const views = new Map();

/** Draw a specification in an element, unless it is there; the element carries the text alternative. */
async function draw(element, spec, alternative) {
  const before = views.get(element.id);
  const text = JSON.stringify(spec);
  if (before?.text === text && element.querySelector("svg")) {
    describe(element, alternative);
    return before.view;
  }
  before?.finalize(); // the chart before: it would listen to the window for ever
  const result = await vegaEmbed(
    element,
    { $schema: "https://vega.github.io/schema/vega-lite/v6.json", config, ...spec },
    { actions: false, renderer: "svg", ...locale },
  );
  views.set(element.id, Object.assign(result, { text }));
  element.removeAttribute("aria-roledescription"); // Vega's own, in English
  element.setAttribute("role", "img");
  describe(element, alternative);
  return result.view;
}

function describe(element, alternative) {
  element.setAttribute("aria-label", alternative);
  element.querySelector("svg")?.setAttribute("aria-hidden", "true");
}

const timeAxis = (shown) => ({
  field: "time", type: "temporal", title: null,
  scale: { type: "utc", nice: false },
  axis: shown.length > 30
    ? { format: "%Y", grid: false, tickCount: { interval: "year", step: shown.length > 130 ? 2 : 1 }, labelOverlap: "greedy", labelFlush: false }
    : { format: "%b %Y", grid: false, tickCount: 6, labelOverlap: "greedy", labelFlush: true },
});

/** Round steps from zero to above the highest value: whole ones where people are counted. */
function ticksTo(highest, number, isWhole) {
  const rough = Math.max(highest, isWhole ? 1 : 0.01) / number;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((part) => part * power).find((one) => one >= rough && (!isWhole || one >= 1)) ?? 1;
  const nbSteps = Math.max(1, Math.ceil(highest / step));
  return Array.from({ length: nbSteps + 1 }, (_, index) => index * step);
}

/** The axis of the one layer that sets the extent of the shared scale. */
const wholeAxis = (x, shown) => ({ ...x, scale: { ...x.scale, domain: [time(shown[0]), time(shown.at(-1))] } });

function valueAxis(values, number, isWhole = true) {
  const ticks = ticksTo(Math.max(0, ...values), number, isWhole);
  return {
    field: "value", type: "quantitative", title: null,
    scale: { domain: [0, ticks.at(-1)], nice: false },
    axis: { values: ticks, format: isWhole ? ",d" : ticks[1] < 0.1 ? ",.2f" : ticks[1] < 1 ? ",.1f" : ",d" },
  };
}

/** The axis of a zoom: it does not begin at zero, and the note beside it says so. */
const zoomedAxis = () => ({ field: "value", type: "quantitative", title: null, scale: { zero: false, nice: true }, axis: { format: ",d", tickCount: 5, tickMinStep: 1 } });

/** A vertical line at the nearest month, with the figures of that month. */
const pointerLayer = (x, rows, tooltip) => ({
  data: { values: rows },
  mark: { type: "rule", color: "#161616", strokeWidth: 1 },
  params: [{ name: "hover", select: { type: "point", on: "pointerover", nearest: true, clear: "pointerout", encodings: ["x"] } }],
  encoding: {
    x,
    opacity: { condition: { param: "hover", empty: false, value: 0.6 }, value: 0 },
    tooltip: tooltip.map(([field, title]) => ({ field, title, type: "nominal" })),
  },
});

const provisionalLayer = (x, shown, isProvisional) => {
  const flagged = shown.filter(isProvisional);
  if (!flagged.length) return [];
  return [{
    data: { values: [{ time: time(flagged[0]), end: time(flagged.at(-1)) }] },
    mark: { type: "rect", color: "#efefef" },
    encoding: { x, x2: { field: "end" } },
  }];
};

const lineLayer = (x, y, line) => ({
  data: { values: line.rows },
  mark: { type: "line", strokeWidth: line.width, color: line.color, strokeJoin: "round", strokeCap: "butt" },
  encoding: {
    x, y,
    detail: { field: "part" },
    strokeDash: { condition: { test: "datum.isProvisional", value: [line.width + 2, 3] }, value: [1, 0] },
  },
});

/** Rows of a line: cut at `breakAt`, dashed where provisional (joined to the last firm point). */
function lineRows(values, provisional, breakAt) {
  const rows = [];
  values.forEach((value, index) => {
    if (value == null) return;
    const isAfter = Boolean(breakAt) && months[index] >= breakAt;
    const part = (isProvisional) => `${isAfter}-${isProvisional}`;
    const isProvisional = Boolean(provisional[index]);
    const row = { value, month: months[index], time: time(months[index]) };
    rows.push({ ...row, isProvisional, part: part(isProvisional) });
    const next = index + 1;
    const staysTogether = next < months.length && (!breakAt || isAfter || months[next] < breakAt);
    if (staysTogether && !isProvisional && provisional[next]) rows.push({ ...row, isProvisional: true, part: part(true) });
  });
  return rows;
}

const breakLayers = (x, shown, breakAt) => {
  if (!breakAt || months.indexOf(breakAt) <= months.indexOf(shown[0]) || shown.at(-1) < breakAt) return [];
  const at = [{ time: time(breakAt) }];
  const text = `${SHORT_MONTHS[Number(breakAt.slice(5)) - 1]} ${breakAt.slice(0, 4)} : rupture`;
  return [
    { data: { values: at }, mark: { type: "rule", strokeDash: [2, 3], color: "#161616" }, encoding: { x } },
    {
      data: { values: at }, encoding: { x },
      mark: { type: "text", align: "right", baseline: "top", dx: -6, y: 4, text, color: "#161616" },
    },
  ];
};

/** Lines over time: broken, dashed where provisional, one point named. */
function linesSpec({ shown, lines, breakAt, isProvisional, named, pointerRows, tooltip, isWhole, isZoomed, height = 300, ticks = 5 }) {
  const x = timeAxis(shown);
  const inside = (row) => row.month >= shown[0] && row.month <= shown.at(-1);
  const drawn = lines.map((line) => ({ ...line, rows: line.rows.filter(inside) })).filter(({ rows }) => rows.length);
  const values = drawn.flatMap(({ rows }) => rows.map(({ value }) => value));
  const y = isZoomed ? zoomedAxis() : valueAxis(values, ticks, isWhole);
  const layers = [
    ...provisionalLayer(x, shown, isProvisional ?? (() => false)),
    ...breakLayers(x, shown, breakAt),
    ...drawn.map((line) => lineLayer(x, y, line)),
  ];
  if (named && inside(named)) {
    const isEarly = shown.indexOf(named.month) < shown.length / 2;
    layers.push(
      { data: { values: [named] }, mark: { type: "point", filled: true, opacity: 1, size: 50, color: COLORS.low }, encoding: { x, y } },
      {
        data: { values: [named] },
        mark: { type: "text", baseline: "top", dy: 9, color: COLORS.low, align: isEarly ? "left" : "right", dx: isEarly ? -6 : 6 },
        encoding: { x, y, text: { field: "label" } },
      },
    );
  }
  layers.push(pointerLayer(wholeAxis(x, shown), pointerRows.filter(inside), tooltip));
  return { width: "container", height, layer: layers };
}

/** Years of two digits, for a small chart. */
function shortYears(spec) {
  for (const { encoding } of spec.layer) {
    if (encoding.x?.axis) encoding.x.axis = { ...encoding.x.axis, format: "%y", labelExpr: "'’' + datum.label" };
  }
  return spec;
}

/** The same months of each year, one line a year, the oldest first in the order of colours. */
function seasonSpec({ lines, tooltipRows, tooltip }) {
  const rows = lines.flatMap((line) => line.rows);
  const x = {
    field: "position", type: "quantitative", title: null, scale: { domain: [0, 11], nice: false },
    axis: { values: [...SHORT_MONTHS.keys()], grid: false, labelExpr: `${JSON.stringify(SHORT_MONTHS)}[datum.value]`, labelOverlap: "greedy" },
  };
  const y = valueAxis(rows.map(({ value }) => value), 5);
  return {
    width: "container", height: 300,
    layer: [
      ...lines.map((line) => lineLayer(x, y, line)),
      pointerLayer(x, tooltipRows, tooltip),
    ],
  };
}

/** Departments, filled by the colour that each feature carries. */
function mapSpec(features, height, tooltip) {
  return {
    width: "container",
    height,
    padding: 2,
    autosize: { type: "fit", contains: "padding" },
    data: { name: "departments", values: features },
    projection: { type: "mercator" },
    mark: { type: "geoshape", cursor: "pointer", strokeJoin: "round" },
    encoding: {
      color: { field: "color", type: "nominal", scale: null, legend: null },
      stroke: { field: "stroke", type: "nominal", scale: null, legend: null },
      strokeWidth: { field: "strokeWidth", type: "quantitative", scale: null, legend: null },
      tooltip: tooltip.map(([field, title]) => ({ field, title, type: "nominal" })),
    },
  };
}
