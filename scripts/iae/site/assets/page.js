"use strict";

// What is chosen, and the start of the page.

let pickers = {};
let wantedMonth = data.month;

let turn = 0;
let needsAll = false;
let showing = Promise.resolve();

/** Show again, one showing after the other; one that a newer choice overtakes is left out. */
function show(everything) {
  needsAll ||= everything;
  const mine = ++turn;
  const run = () => {
    if (mine !== turn) return null;
    const all = needsAll;
    needsAll = false;
    return all ? showAll() : showMap();
  };
  showing = showing.then(run, run);
  return showing;
}

/** Say in the address what is shown; some browsers let no page from disk change it. */
function writeAddress(isSlid) {
  try {
    history[isSlid ? "replaceState" : "pushState"](null, "", address());
  } catch (error) {
    if (error.name !== "SecurityError") throw error;
  }
}

/** Change what is chosen, say it in the address, and show again what depends on it. */
async function choose(changes, { isNew = true } = {}) {
  const before = { ...state };
  Object.assign(state, changes);
  if (state.other === state.territory) state.other = null;
  if ("month" in changes) wantedMonth = changes.month;
  const measure = currentMeasure();
  // A series may not have the month: it is shown at its nearest one, and the wish is kept.
  state.month = Math.min(Math.max(wantedMonth, measure.first), measure.last);
  if ("by" in changes || "level" in changes) Object.assign(state, { sort: changes.sort ?? "rank", ascending: changes.ascending ?? true });
  if (isNew) writeAddress(Object.keys(changes).every((key) => key === "month"));
  const differs = (...keys) => keys.some((key) => state[key] !== before[key]);
  showChoices();
  const everything = differs("territory", "other", "measure");
  await show(everything || differs("month", "view"));
  if (everything || differs("month")) {
    const moved = state.month === wantedMonth ? ""
      : `${measure.name} : pas de chiffre en ${fullMonth(months[wantedMonth])}, mois montré : ${fullMonth(months[state.month])}.`;
    setText("moved", moved);
    say(`${byId("headline").textContent}. ${moved}`);
  } else if (differs("sort", "ascending", "by", "level", "filter", "region")) {
    say(`${byId("map-title").textContent}. ${byId("ranking-count").textContent}`);
  }
}

async function showAll() {
  showHeadline();
  showPrintTable();
  await showCurve();
  await Promise.all([showTypes(), showMap(), showCountry(), showPublished(), showComparison()]);
}

/** The controls show what is chosen. */
function showChoices() {
  const measure = currentMeasure();
  pickers.territory.set(state.territory);
  pickers.other.set(state.other);
  for (const id of ["measure", "view", "level", "by", "region"]) byId(id).value = state[id] ?? "";
  const name = fullMonth(months[state.month]) + provisionalMark(measure, state.month);
  Object.assign(byId("month"), { min: measure.first, max: measure.last, value: state.month });
  byId("month").setAttribute("aria-valuetext", name);
  setText("month-name", name);
  byId("month-before").disabled = state.month <= measure.first;
  byId("month-after").disabled = state.month >= measure.last;
}

function start() {
  const choices = data.territories.filter(({ id }) => measures.some((measure) => valuesOf(measure, id).some((value) => value != null)));
  pickers = {
    territory: combobox("territory", choices, (territory) => choose({ territory })),
    other: combobox("other", choices, (other) => choose({ other }), { empty: "aucun" }),
  };
  const group = (label, members) => element("optgroup", { label }, ...members.map(({ id, name }) => element("option", { value: id }, name)));
  byId("measure").replaceChildren(group("Indicateur composite", measures.filter(({ label }) => !label)), ...(types.length ? [group("Par type de structure", types)] : []));
  byId("measure").closest(".field").hidden = measures.length < 2;
  byId("region").append(...ofLevel("regional").map(({ id, name }) => element("option", { value: id }, name)));
  for (const id of ["measure", "view", "level", "by", "region"]) byId(id).onchange = (event) => choose({ [id]: event.target.value || null });
  byId("filter").oninput = (event) => { state.filter = event.target.value; show(false); };
  byId("month").oninput = (event) => choose({ month: Number(event.target.value) });
  byId("month-before").onclick = () => choose({ month: state.month - 1 });
  byId("month-after").onclick = () => choose({ month: state.month + 1 });
  byId("ranking-more").onclick = () => { state.isWhole = !state.isWhole; show(false); };
  listenToExports();
  addEventListener("popstate", () => choose(readAddress(), { isNew: false }));
  Object.assign(state, readAddress());
  wantedMonth = state.month;
  state.month = Math.min(Math.max(wantedMonth, currentMeasure().first), currentMeasure().last);
  showChoices();
  return show(true).then(() => {
    const figure = new URLSearchParams(location.search).get("figure");
    if (figure) showOnly(figure);
  });
}

start().then(() => document.body.setAttribute("data-ready", ""));
