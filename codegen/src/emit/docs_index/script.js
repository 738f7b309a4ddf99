"use strict";
const byId = (id) => document.getElementById(id);
const search = byId("search"), clear = byId("clear"), found = byId("found");
const filters = [...document.querySelectorAll(".filters select")];
const synonyms = Object.entries(JSON.parse(byId("words").textContent));

// Letters and digits in lower case without accents, one `_` between words and before the first: `todo.createMany`,
// `todo-createMany` and `todo_createMany` are the same text.
const fold = (text) => "_" + text.toLowerCase().replaceAll("ß", "ss").normalize("NFD").replace(/\p{M}/gu, "").split(/[^\p{L}\p{N}]+/u).filter(Boolean).join("_");
const apart = (text) => text.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2");
// Hosts write the server's name before the name of a tool.
const bare = (word) => word.replace(/^mcp__.*__|^mcp_[^_]+_|^mana_/, "");

// The weight of a word that only a tool's keywords have.
const KEYWORD = 3;
const tools = [...document.querySelectorAll(".tool")].map((element) => {
  const { names, words } = element.dataset;
  const text = (selector) => element.querySelector(selector).textContent;
  return {
    element,
    home: element.parentElement,
    whole: names.split(" ").map(fold),
    // Where a word is found says how much it tells, best first.
    fields: [
      [8, fold(names) + fold(apart(names))],
      [5, fold(text(".title"))],
      [4, fold(text(".description"))],
      [KEYWORD, fold(words)],
      [1, fold(element.textContent)],
    ],
  };
});

function weightIn(tool, term) {
  if (tool.whole.includes("_" + term)) return 40;
  const field = tool.fields.find(([, text]) => text.includes("_" + term));
  return field ? field[0] : 0;
}

/** What a word of the query stands for: itself, and the catalog's words for it where no tool is described with it. */
function meanings(word) {
  const term = fold(bare(word)).slice(1);
  if (tools.some((tool) => weightIn(tool, term) > KEYWORD)) return [term];
  const isKin = (key) => term.startsWith(key) || (key.length > 3 && term.endsWith(key)) || (term.length > 3 && key.startsWith(term));
  const kin = synonyms.filter(([key]) => isKin(fold(key).slice(1)));
  return [...new Set([term, ...kin.flatMap(([, means]) => means.map((one) => fold(one).slice(1)))])];
}

/** The tools that fit the query, best first; where none has all of its words, those with the most telling ones. */
function ranked(query) {
  const words = query.split(/\s+/).filter((word) => fold(word) !== "_");
  const terms = words.map((word) => ({ word, means: meanings(word) }));
  const weights = terms.map(({ means }) => tools.map((tool) => Math.max(...means.map((term) => weightIn(tool, term)))));
  const rarity = weights.map((ofTerm) => Math.log(1 + tools.length / (1 + ofTerm.filter(Boolean).length)));
  const scored = tools.map((tool, at) => ({
    tool,
    has: weights.filter((ofTerm) => ofTerm[at]).length,
    score: weights.reduce((sum, ofTerm, term) => sum + ofTerm[at] * rarity[term], 0),
  }));
  scored.sort((a, b) => b.score - a.score);
  const all = scored.filter(({ has }) => has === terms.length);
  const some = scored.filter(({ has }) => has > 0).slice(0, 10);
  const means = terms.filter(({ means }) => means.length > 1);
  return { tools: (all.length ? all : some).map(({ tool }) => tool), hasAll: all.length > 0, terms, means };
}

const valuesOf = (tool, filter) => tool.element.dataset[filter.id].split(" ");
const fits = (tool, filter, value = filter.value) => !value || valuesOf(tool, filter).includes(value);

function show() {
  const query = ranked(search.value);
  const isSearched = query.terms.length > 0;
  const shown = query.tools.filter((tool) => filters.every((filter) => fits(tool, filter)));
  if (isSearched) found.replaceChildren(...shown.map(({ element }) => element));
  else tools.forEach(({ element, home }) => home.append(element));
  found.hidden = !isSearched;
  const visible = new Set(shown);
  for (const tool of tools) tool.element.hidden = !visible.has(tool);
  for (const section of document.querySelectorAll("section.module")) section.hidden = isSearched || !section.querySelector(".tool:not([hidden])");
  for (const filter of filters) {
    const others = filters.filter((other) => other !== filter);
    const reachable = query.tools.filter((tool) => others.every((other) => fits(tool, other)));
    for (const option of filter.options) {
      option.dataset.label ??= option.textContent;
      option.textContent = `${option.dataset.label} (${reachable.filter((tool) => fits(tool, filter, option.value)).length})`;
    }
    filter.classList.toggle("chosen", filter.value !== "");
  }
  const isClosest = isSearched && !query.hasAll && shown.length > 0;
  const counted = shown.length === tools.length ? `${tools.length} tools` : `${shown.length} of ${tools.length} tools`;
  const translated = query.means.map(({ word, means }) => ` “${word}” also means ${means.slice(1).join(", ")}.`).join("");
  byId("count").textContent = (isClosest ? `No tool has all of these words; the closest ${shown.length}.` : `${counted}.`) + translated;
  clear.hidden = !isSearched && filters.every((filter) => !filter.value);
}

// The address keeps what is searched, chosen and open: `#q=milk&effect=write`. `#todo.create` is a link to a tool.
let opened = "", writing;
function write() {
  clearTimeout(writing);
  writing = setTimeout(() => {
    const entries = [["q", search.value.trim()], ...filters.map((filter) => [filter.id, filter.value]), ["tool", opened]];
    const state = new URLSearchParams(entries.filter(([, value]) => value));
    const isTool = opened && state.size === 1;
    const hash = isTool ? "#" + opened : state.size ? "#" + state : location.pathname + location.search;
    history.replaceState(null, "", hash);
  }, 200);
}
function read() {
  clearTimeout(writing);
  const hash = location.hash.slice(1);
  const state = new URLSearchParams(hash.includes("=") ? hash : `tool=${hash}`);
  search.value = state.get("q") ?? "";
  for (const filter of filters) {
    filter.value = state.get(filter.id) ?? "";
    if (filter.selectedIndex < 0) filter.value = "";
  }
  show();
  const named = tools.find((tool) => tool.whole.includes(fold(state.get("tool") ?? "")));
  opened = named?.element.id ?? "";
  if (named) {
    named.element.open = true;
    named.element.scrollIntoView();
    named.element.firstElementChild.focus({ preventScroll: true });
  }
}
function changed() {
  show();
  write();
}
function reset() {
  search.value = "";
  for (const filter of filters) filter.value = "";
  changed();
  search.focus();
}

search.addEventListener("input", changed);
for (const filter of filters) filter.addEventListener("change", changed);
clear.addEventListener("click", reset);
addEventListener("hashchange", read);
for (const { element } of tools) element.addEventListener("toggle", () => {
  if (element.open) opened = element.id;
  else if (opened === element.id) opened = "";
  write();
});
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = document.activeElement;
  const rows = [...document.querySelectorAll(".tool:not([hidden]) > summary")].filter((row) => row.offsetParent);
  const row = rows.indexOf(at.closest(".tool")?.firstElementChild);
  if (event.key === "/" && !at.matches("input, select")) {
    search.focus();
    search.select();
  } else if (event.key === "Escape" && !at.matches("select")) {
    if (at === search) reset();
    else search.focus();
  } else if (event.key === "ArrowDown" && (at === search || row >= 0)) {
    rows[row + 1]?.focus();
  } else if (event.key === "ArrowUp" && row >= 0) {
    (at === rows[row] ? rows[row - 1] ?? search : rows[row]).focus();
  } else {
    return;
  }
  event.preventDefault();
});

for (const element of document.querySelectorAll(".bar, .filters, .status")) element.hidden = false;
read();
