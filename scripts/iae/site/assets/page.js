"use strict";

// What is chosen (territory, measure, month, order), and the start of the page.

const showTerritory = () => Promise.all([showComposite(), showTypes(), showPublished()]);

/** Change what is chosen and show again what depends on it. */
async function choose(changes) {
  const territoryChanges = "territory" in changes && changes.territory !== state.territory;
  Object.assign(state, changes);
  byId("territory").value = state.territory;
  byId("measure").value = state.measure;
  const measure = currentMeasure();
  if (measure && measure.last >= 0) {
    state.month = Math.min(Math.max(state.month ?? measure.last, measure.first), measure.last);
    Object.assign(byId("month"), { min: measure.first, max: measure.last, value: state.month });
    const name = fullMonth(months[state.month]) + provisionalMark(state.month, measure.provisional);
    byId("month").setAttribute("aria-valuetext", name);
    setText("month-name", name);
    byId("month-before").disabled = state.month <= measure.first;
    byId("month-after").disabled = state.month >= measure.last;
  }
  await Promise.all([showMap(), territoryChanges && showTerritory()]);
}

function fillPickers() {
  const groups = { national: "Pays", regional: "Régions", departmental: "Départements", unlocated: "Non localisé" };
  byId("territory").replaceChildren(...Object.entries(groups).map(([level, label]) =>
    element("optgroup", { label }, ...data.territories.filter((territory) => territory.level === level).map((territory) =>
      element("option", { value: territory.id }, level === "departmental" ? `${territory.code} – ${territory.name}` : territory.name)))));
  byId("measure").replaceChildren(...[...new Set(measures.map(({ group }) => group))].map((label) =>
    element("optgroup", { label }, ...measures.filter(({ group }) => group === label).map((measure) =>
      element("option", { value: measure.id, disabled: measure.last < 0 }, measure.name + (measure.last < 0 ? " (pas de donnée)" : ""))))));
}

function start() {
  fillPickers();
  const longest = measures.filter(({ last }) => last >= 0).sort((a, b) => b.last - a.last)[0];
  state.measure = longest?.id ?? null;
  byId("territory").onchange = (event) => choose({ territory: event.target.value });
  byId("measure").onchange = (event) => choose({ measure: event.target.value });
  byId("month").oninput = (event) => choose({ month: Number(event.target.value) });
  byId("month-before").onclick = () => choose({ month: state.month - 1 });
  byId("month-after").onclick = () => choose({ month: state.month + 1 });
  byId("ranking-more").onclick = () => choose({ wholeRanking: !state.wholeRanking });
  return Promise.all([choose({}), showTerritory()]);
}

start().then(() => document.body.setAttribute("data-ready", ""));
