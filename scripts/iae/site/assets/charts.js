"use strict";

// Vega-Lite specifications. They only draw: what is drawn, and its words, come from the section that asks.

const COLORS = { official: "#d0622a", constant: "#1d3f72", published: "#2d8a57" };
const MAP_COLORS = ["#d8e8ea", "#abcdd4", "#78adba", "#478a9e", "#1f6580", "#0b3d57"];
const NO_PEOPLE = "#f7f7f4";
const NO_DATA = "#b9b4ab";
const BREAK = "2021-01"; // The official scope widens (indicator.md, « Structure types, rules and scopes »).

const time = (month) => toDate(month).getTime();

const config = {
  font: "Source Sans 3, Segoe UI, system-ui, sans-serif",
  background: null,
  view: { stroke: null },
  axis: {
    labelFontSize: 14, labelColor: "#525c6e", titleFontSize: 14, domain: false,
    gridColor: "#e4e7ec", ticks: false, labelPadding: 6, title: null,
  },
  text: { fontSize: 14, color: "#525c6e" },
};

const locale = {
  formatLocale: { decimal: ",", thousands: "\u00a0", grouping: [3], currency: ["", "\u00a0€"], minus: "−" },
};

const finalizers = new Map();

/** Draw a specification in an element; the element carries the text alternative. */
async function draw(element, spec, alternative) {
  finalizers.get(element.id)?.(); // the chart before: it would listen to the window for ever
  const { view, finalize } = await vegaEmbed(
    element,
    { $schema: "https://vega.github.io/schema/vega-lite/v6.json", config, ...spec },
    { actions: false, renderer: "svg", ...locale },
  );
  finalizers.set(element.id, finalize);
  element.removeAttribute("aria-roledescription"); // Vega's own, in English
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", alternative);
  return view;
}

const timeAxis = (months) => ({
  field: "time", type: "temporal", title: null,
  scale: { type: "utc", nice: false },
  axis: { format: "%Y", grid: false, tickCount: { interval: "year", step: months.length > 130 ? 2 : 1 }, labelFlush: false, labelOverlap: "greedy" },
});

/** The axis of the one layer that sets the extent of the shared scale. */
const wholeAxis = (x, months) => ({ ...x, scale: { ...x.scale, domain: [time(months[0]), time(months.at(-1))] } });

const countAxis = (ticks) => ({
  field: "value", type: "quantitative", title: null,
  scale: { zero: true }, axis: { format: ",d", tickCount: ticks, tickMinStep: 1 },
});

/** A vertical line that follows the pointer, with the month's figures. */
const pointerLayer = (x, rows, tooltip) => ({
  data: { values: rows },
  mark: { type: "rule", color: "#1a2233", strokeWidth: 1 },
  params: [{ name: "hover", select: { type: "point", on: "pointerover", nearest: true, clear: "pointerout", encodings: ["x"] } }],
  encoding: {
    x,
    opacity: { condition: { param: "hover", empty: false, value: 0.6 }, value: 0 },
    tooltip: tooltip.map(([field, title]) => ({ field, title, type: "nominal" })),
  },
});

const provisionalLayer = (x, months, provisional) => {
  const first = provisional.indexOf(true);
  if (first < 0) return [];
  return [{
    data: { values: [{ time: time(months[first]), end: time(months[provisional.lastIndexOf(true)]) }] },
    mark: { type: "rect", color: "#eef0f3" },
    encoding: { x, x2: { field: "end" } },
  }];
};

const lineLayer = (x, y, rows, series) => ({
  data: { values: rows.filter((row) => row.series === series.id) },
  mark: { type: "line", strokeWidth: series.width, color: series.color, strokeJoin: "round", strokeCap: "butt" },
  encoding: {
    x, y,
    detail: { field: "part" },
    strokeDash: { condition: { test: "datum.provisional", value: [series.width + 2, 3] }, value: [1, 0] },
  },
});

/** Lines over time: broken at 2021-01, dashed where provisional, the lowest month named. */
function compositeSpec({ months, provisional, rows, pointerRows, tooltip, lines, low }) {
  const x = timeAxis(months);
  const layers = provisionalLayer(x, months, provisional);
  if (months[0] < BREAK && months.at(-1) >= BREAK) {
    const at = [{ time: time(BREAK), value: 0 }];
    layers.push(
      { data: { values: at }, mark: { type: "rule", strokeDash: [2, 3], color: "#1a2233" }, encoding: { x } },
      {
        data: { values: at },
        mark: { type: "text", align: "right", baseline: "bottom", dx: -6, dy: -6, text: "janv. 2021 : rupture", color: "#1a2233" },
        encoding: { x, y: { field: "value", type: "quantitative" } },
      },
    );
  }
  const drawn = lines.filter(({ id }) => rows.some(({ series }) => series === id));
  layers.push(...drawn.map((line) => lineLayer(x, countAxis(5), rows, line)));
  if (low) {
    const y = { field: "value", type: "quantitative" };
    layers.push(
      { data: { values: [low] }, mark: { type: "point", filled: true, size: 50, color: COLORS.constant }, encoding: { x, y } },
      {
        data: { values: [low] },
        mark: { type: "text", baseline: "top", dy: 9, color: "#1a2233", align: low.isEarly ? "left" : "right", dx: low.isEarly ? -6 : 6 },
        encoding: { x, y, text: { field: "label" } },
      },
    );
  }
  layers.push(pointerLayer(wholeAxis(x, months), pointerRows, tooltip));
  return { width: "container", height: 300, layer: layers };
}

/** One structure type: from zero, on its own scale. */
function typeSpec(months, provisional, rows, pointerRows) {
  const x = timeAxis(months);
  x.axis = { ...x.axis, format: "%y", labelExpr: "'’' + datum.label" };
  const y = countAxis(3);
  return {
    width: "container",
    height: 120,
    layer: [
      ...provisionalLayer(x, months, provisional),
      { data: { values: pointerRows }, mark: { type: "area", color: COLORS.constant, opacity: 0.1 }, encoding: { x, y } },
      lineLayer(x, y, rows, { id: "type", color: COLORS.constant, width: 2 }),
      pointerLayer(wholeAxis(x, months), pointerRows, [["month", "Mois"], ["label", "Personnes"]]),
    ],
  };
}

/** Editions of the published series, the oldest the palest. */
function revisionsSpec(months, rows, editions) {
  const x = timeAxis(months);
  const y = { ...countAxis(5), scale: { zero: false } };
  return {
    width: "container",
    height: 300,
    layer: [
      ...editions.map((edition) => ({
        data: { values: rows.filter((row) => row.edition === edition.id) },
        mark: { type: "line", color: edition.color, strokeWidth: edition.width },
        encoding: { x, y },
      })),
      {
        data: { values: rows },
        mark: { type: "point", filled: true, size: 45, color: "#1a2233" },
        params: [{ name: "hover", select: { type: "point", on: "pointerover", nearest: true, clear: "pointerout" } }],
        encoding: {
          x, y,
          opacity: { condition: { param: "hover", empty: false, value: 1 }, value: 0 },
          tooltip: [["month", "Mois"], ["editionName", "Édition du"], ["label", "Personnes"]]
            .map(([field, title]) => ({ field, title, type: "nominal" })),
        },
      },
    ],
  };
}

/** Departments, filled by the colour that each feature carries. */
function mapSpec(features, height) {
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
      tooltip: [["name", "Département"], ["stockLabel", "Personnes"], ["rateLabel", "Pour 10 000 hab."], ["changeLabel", "Sur 12 mois"]]
        .map(([field, title]) => ({ field, title, type: "nominal" })),
    },
  };
}
