"use strict";

// French words, numbers and dates. Every function takes null for « no figure » and never shows it as 0.

const monthName = new Intl.DateTimeFormat("fr-FR", { month: "long", year: "numeric", timeZone: "UTC" });
const dayName = new Intl.DateTimeFormat("fr-FR", { dateStyle: "long", timeZone: "UTC" });
const plainNumber = new Intl.NumberFormat("fr-FR");
const decimalNumbers = [0, 1, 2].map((digits) =>
  new Intl.NumberFormat("fr-FR", { minimumFractionDigits: digits, maximumFractionDigits: digits }));

// The narrow no-break space of fr-FR is too tight to be read in most typefaces.
const spaced = (text) => text.replaceAll("\u202f", "\u00a0");
const spacedMarks = (text) => text.replaceAll(/ ([:;?!])/g, "\u00a0$1");
const unbroken = (text) => text.replaceAll(" ", "\u00a0");

const toDate = (month) => new Date(`${month}-01T00:00:00Z`);
const fullMonth = (month) => unbroken(monthName.format(toDate(month)));
const fullDay = (day) => unbroken(dayName.format(new Date(`${day}T00:00:00Z`)).replace(/^1 /, "1er "));
const ofMonth = (month) => (/^[ao]/.test(fullMonth(month)) ? "d’" : "de ") + fullMonth(month);

const count = (value) => (value == null ? "–" : spaced(plainNumber.format(value)));
const decimal = (value, digits = 1) => (value == null ? "–" : spaced(decimalNumbers[digits].format(value)));
const signed = (value, format = count) =>
  value == null ? "–" : (value > 0 ? "+" : value < 0 ? "−" : "") + format(Math.abs(value));
const signedPercent = (value) => (value == null ? "–" : `${signed(value, decimal)}\u00a0%`);

const FEW_PEOPLE = 20;

// In French, 0 and 1 take the singular.
const plural = (value, one, many) => `${count(value)}\u00a0${Math.abs(value) < 2 ? one : many}`;
const people = (value) => plural(value, "personne", "personnes");

/** « 2,3 % de plus qu’un an plus tôt », in people where so few were there that a rate says nothing. */
function changeInWords(percent, change, since) {
  if (change == null) return "";
  if (change === 0) return `autant ${since}`;
  const sense = change > 0 ? "plus" : "moins";
  const before = percent == null ? 0 : (100 * change) / percent;
  if (before < FEW_PEOPLE) return `${people(Math.abs(change))} de ${sense} ${since}`;
  const size = Math.abs(percent);
  return size < 0.05 ? `presque autant ${since}` : `${decimal(size)}\u00a0% de ${sense} ${since}`;
}

const listInWords = (words) =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} et ${words.at(-1)}`;
