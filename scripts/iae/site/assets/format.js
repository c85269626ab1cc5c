"use strict";

// French words, numbers and dates. Every function takes null for « no figure » and never shows it as 0.

const monthName = new Intl.DateTimeFormat("fr-FR", { month: "long", year: "numeric", timeZone: "UTC" });
const dayName = new Intl.DateTimeFormat("fr-FR", { dateStyle: "long", timeZone: "UTC" });
const plainNumber = new Intl.NumberFormat("fr-FR");
const decimalNumbers = [0, 1, 2].map((digits) =>
  new Intl.NumberFormat("fr-FR", { minimumFractionDigits: digits, maximumFractionDigits: digits }));

// The narrow no-break space of fr-FR is too tight to be read in most typefaces.
const spaced = (text) => text.replaceAll("\u202f", "\u00a0");
const spacedMarks = (text) => text.replaceAll(/ ([:;?!»])/g, "\u00a0$1").replaceAll("« ", "«\u00a0");
const unbroken = (text) => text.replaceAll(" ", "\u00a0");
const capital = (text) => text && text[0].toUpperCase() + text.slice(1);
const plain = (text) => text.normalize("NFD").replaceAll(/[\u0300-\u036f]/g, "").toLowerCase().replaceAll(/[^a-z0-9]+/g, " ").trim();

const toDate = (month) => new Date(`${month}-01T00:00:00Z`);
const fullMonth = (month) => unbroken(monthName.format(toDate(month)));
const fullDay = (day) => unbroken(dayName.format(new Date(`${day}T00:00:00Z`)).replace(/^1 /, "1er "));

const count = (value) => (value == null ? "–" : spaced(plainNumber.format(value)));
const decimal = (value, digits = 1) => (value == null ? "–" : spaced(decimalNumbers[digits].format(value)));
const signed = (value, format = count) =>
  value == null ? "–" : (value > 0 ? "+" : value < 0 ? "−" : "") + format(Math.abs(value));
const signedPercent = (value) => (value == null ? "–" : `${signed(value, decimal)}\u00a0%`);

/** A rate for 10,000 inhabitants; one person in a large department is not « 0,00 ». */
const anyRate = (rate) =>
  rate == null ? "–" : rate > 0 && rate < 0.01 ? "moins de 0,01" : decimal(rate, rate < 2 ? 2 : 1);

const FEW_PEOPLE = 20;

// In French, 0 and 1 take the singular.
const plural = (value, one, many) => `${count(value)}\u00a0${Math.abs(value) < 2 ? one : many}`;
const people = (value) => plural(value, "personne", "personnes");
const ordinal = (rank, isFeminine) => (rank > 1 ? `${rank}e` : isFeminine ? "1re" : "1er");
const rankInWords = ({ rank, isTied }, level) => ordinal(rank, level === "regional") + (isTied ? "\u00a0ex\u00a0æquo" : "");

/** « 2,3 % de plus qu’un an plus tôt », in people where so few were there that a rate says nothing. */
function changeInWords(percent, change, since) {
  if (change == null) return "";
  if (change === 0) return `autant ${since}`;
  const sense = change > 0 ? "plus" : "moins";
  const before = percent == null ? 0 : (100 * change) / percent;
  if (before < FEW_PEOPLE) return `${people(Math.abs(change))} de ${sense} ${since}`;
  if (percent >= 100) return `multiplié par ${decimal(1 + percent / 100)} ${since.replace(/^qu’en/, "depuis")}`;
  const size = Math.abs(percent);
  return size < 0.05 ? `presque autant ${since}` : `${decimal(size)}\u00a0% de ${sense} ${since}`;
}

const listInWords = (words) =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} et ${words.at(-1)}`;

/** The mean of the two in the middle where their number is even. */
function medianOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return sorted.length ? (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2 : null;
}
