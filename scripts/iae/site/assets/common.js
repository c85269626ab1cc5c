"use strict";

// What every section of the page needs: the data, the choices, elements and tables.

const data = JSON.parse(document.getElementById("data").textContent);
const departmentShapes = JSON.parse(document.getElementById("departments").textContent).features;

const { months, composite, types, published } = data;
const typographic = (text) => text.replaceAll("'", "’");
for (const territory of data.territories) territory.name = typographic(territory.name);
for (const type of types) type.label = typographic(type.label);
const territories = new Map(data.territories.map((territory) => [territory.id, territory]));
const departments = data.territories.filter(({ level }) => level === "departmental");
const RING = ["75", "92", "93", "94"];
const RANKING_SHORT = 15;

const state = { territory: "FR", measure: null, month: null, sort: "rate", ascending: false, wholeRanking: false };

const byId = (id) => document.getElementById(id);
const lastIndexWith = (values, test = (value) => value != null) => (values ?? []).findLastIndex(test);
const setText = (id, text) => { byId(id).textContent = spacedMarks(text); };

/** Create an element: attributes, then children (text or elements). */
function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value != null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** A table: columns are [title, value of a row, is it a number]. */
function table(caption, columns, rows) {
  const head = columns.map(([title, , isNumber]) => element("th", { scope: "col", class: isNumber && "number" }, title));
  const body = rows.map((row) => element("tr", {}, ...columns.map(([, value, isNumber], position) =>
    element(position ? "td" : "th", { scope: position ? null : "row", class: isNumber && "number" }, value(row)))));
  return element("table", {},
    element("caption", { class: "visually-hidden" }, caption),
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...body));
}

/** Draw a figure, or say why there is nothing to draw; its table is filled when opened. */
async function showFigure(id, spec, alternative, makeTable) {
  const figure = byId(id);
  const chart = figure.querySelector(".chart");
  const details = figure.querySelector("details");
  figure.querySelector(".legend")?.toggleAttribute("hidden", !spec);
  details.hidden = !spec;
  if (!spec) {
    for (const name of ["role", "aria-label"]) chart.removeAttribute(name);
    chart.replaceChildren(element("p", { class: "empty" }, alternative));
    return;
  }
  fillWhenOpened(details, makeTable);
  await draw(chart, spec, alternative);
}

/** In a legend, only the lines that are drawn. */
function showKeys(id, rows, lines) {
  for (const line of lines) {
    const key = byId(id).querySelector(`.key.${line.id}`);
    key.parentElement.hidden = !rows.some(({ series }) => series === line.id);
  }
}

function fillWhenOpened(details, makeTable) {
  const fill = () => {
    if (!details.open) return;
    const made = makeTable();
    const region = details.querySelector(".table");
    region.setAttribute("aria-label", made.caption.textContent);
    region.replaceChildren(made);
  };
  details.ontoggle = fill;
  fill();
}

/** Rows of a line: cut at `breakAt`, dashed where provisional (joined to the last definitive point). */
function lineRows(series, values, provisional, breakAt) {
  const rows = [];
  values.forEach((value, index) => {
    if (value == null) return;
    const isBroken = breakAt && months[index] >= breakAt;
    const part = isBroken ? "after" : "before";
    const row = { series, value, time: time(months[index]) };
    rows.push({ ...row, provisional: Boolean(provisional[index]), part: `${part}-${Boolean(provisional[index])}` });
    const next = index + 1;
    const staysTogether = next < months.length && (!breakAt || isBroken || months[next] < breakAt);
    if (staysTogether && !provisional[index] && provisional[next]) {
      rows.push({ ...row, provisional: true, part: `${part}-true` });
    }
  });
  return rows;
}

const SCOPES = [
  { id: "official", name: "périmètre officiel", color: COLORS.official, width: 5, breakAt: BREAK },
  { id: "constant", name: "périmètre constant", color: COLORS.constant, width: 2, breakAt: null },
];
const stockOf = (scope, territory) => composite[scope].stock[territory] ?? [];
const provisionalMark = (index, provisional = composite.provisional) => (provisional[index] ? " (provisoire)" : "");
const since = (index) => `qu’en ${fullMonth(`${Number(months[index].slice(0, 4)) - 1}${months[index].slice(4)}`)}`;

const changeOf = (scope, territory, index) => ({
  change: composite[scope].change[territory]?.[index] ?? null,
  percent: composite[scope].percent[territory]?.[index] ?? null,
});
