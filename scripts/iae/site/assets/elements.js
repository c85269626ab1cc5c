"use strict";

// Elements, tables, figures, and the list of territories that one can type into.

const byId = (id) => document.getElementById(id);
const setText = (id, text) => { byId(id).textContent = spacedMarks(text); };
const say = (text) => { if (byId("status").textContent !== text) byId("status").textContent = text; };

/** Create an element: attributes, then children (text or elements). */
function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value != null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/**
 * A table: columns are [title, value of a row, format]. A number keeps its value for the files; it
 * is shown by its format. Without format the value is text. A table with an id can be downloaded.
 */
function table(caption, columns, rows, id) {
  const cell = (tag, [, valueOf, format], row) => {
    const value = valueOf(row);
    if (!format) return element(tag, { scope: tag === "th" && "row" }, value ?? "");
    return element(tag, { class: "number", "data-value": value ?? "" }, format(value));
  };
  return element("table", { id },
    element("caption", { class: "visually-hidden" }, caption),
    element("thead", {}, element("tr", {}, ...columns.map(([title, , format]) => element("th", { scope: "col", class: format && "number" }, title)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...columns.map((column, position) => cell(position ? "td" : "th", column, row))))));
}

/** Put new content in an element; the focus stays on what has the same `data-focus`. */
function replaceKeepingFocus(container, ...children) {
  const focused = container.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  container.replaceChildren(...children);
  if (focused) container.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
}

/** Draw a figure, its table behind it; without specification, the figure is not there. */
async function showFigure(id, spec, alternative, makeTable) {
  const figure = byId(id);
  figure.hidden = !spec;
  if (!spec) return;
  const details = figure.querySelector("details");
  if (details) fillWhenOpened(details, makeTable);
  await draw(figure.querySelector(".chart"), spec, alternative);
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
  details.makeTable = makeTable;
  fill();
}

/** The keys of a legend: [{ name, color, width, dash }]. */
function showLegend(id, keys) {
  const line = ({ color, width = 3, dash }) =>
    element("i", { class: "line-key", style: `border-top: ${width}px ${dash ? "dashed" : "solid"} ${color}` });
  byId(id).replaceChildren(...keys.map((key) => element("span", {}, line(key), key.name)));
}

const levelName = { national: "pays", regional: "région", departmental: "département", unlocated: "" };
const LIST_LENGTH = 130;

/** Territories by what was typed: their code, or words of their name without accents. */
function territoriesLike(typed, choices) {
  const words = plain(typed);
  if (!words) return choices;
  const starts = ({ name }) => plain(name).startsWith(words);
  const found = choices.filter(({ name, code }) => ` ${plain(name)}`.includes(` ${words}`) || plain(code) === words || plain(`${code} ${name}`).startsWith(words));
  return found.sort((a, b) => starts(b) - starts(a) || (plain(b.code) === words) - (plain(a.code) === words));
}

/** A list that one can type into (ARIA combobox): calls `onChoice` with a territory's id. */
function combobox(id, choices, onChoice, { empty = null } = {}) {
  const input = byId(id);
  const list = byId(`${id}-list`);
  let shown = [];
  let active = -1;
  let selected = null;
  const nameOf = (territory) => territory?.name ?? empty ?? "";
  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const restore = () => { input.value = nameOf(territories.get(selected)); close(); };
  const take = (territory) => { selected = territory?.id ?? null; restore(); onChoice(selected); };
  const mark = () => {
    [...list.children].forEach((option, index) => option.setAttribute("aria-selected", index === active));
    if (active < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[active].id);
    list.children[active].scrollIntoView({ block: "nearest" });
  };
  const open = (typed) => {
    shown = territoriesLike(typed, choices).slice(0, LIST_LENGTH);
    if (empty && !typed) shown = [null, ...shown];
    active = typed && shown.length ? 0 : -1;
    list.replaceChildren(...(shown.length ? shown.map((territory, index) => {
      const detail = territory && [territory.level === "departmental" ? territory.code : "", levelName[territory.level]].filter(Boolean).join(" · ");
      const option = element("li", { role: "option", id: `${id}-${index}`, "aria-selected": false }, nameOf(territory), detail ? element("small", {}, ` ${detail}`) : null);
      option.onpointerdown = (event) => { event.preventDefault(); take(territory); };
      return option;
    }) : [element("li", { role: "option", "aria-disabled": "true", "aria-selected": false }, "Aucun territoire de ce nom")]));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark();
  };
  input.onfocus = () => input.select();
  input.onclick = () => open("");
  input.oninput = () => open(input.value);
  input.onblur = restore;
  input.onkeydown = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open("");
      if (shown.length) active = (active + (event.key === "ArrowDown" ? 1 : shown.length - (active < 0 ? 0 : 1))) % shown.length;
      mark();
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      if (active >= 0) take(shown[active]);
    } else if (event.key === "Escape") restore();
  };
  return { set: (value) => { selected = value; if (list.hidden) input.value = nameOf(territories.get(value)); } };
}
