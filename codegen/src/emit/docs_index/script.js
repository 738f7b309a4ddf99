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

// How much it tells where a word is found, best first.
const WEIGHTS = { names: 8, keywords: 6, title: 5, description: 3, everything: 1 };

const tools = [...document.querySelectorAll(".tool")].map((element) => {
  const { names, words } = element.dataset;
  const text = (selector) => element.querySelector(selector).textContent;
  return {
    element,
    home: element.parentElement,
    whole: names.split(" ").map(fold),
    fields: {
      names: fold(names) + fold(apart(names)),
      keywords: fold(words),
      title: fold(text(".title")),
      description: fold(text(".description")),
      everything: fold(element.textContent),
    },
  };
});

const hasIn = (tool, field, term) => tool.fields[field].includes("_" + term);
function weightIn(tool, term) {
  if (tool.whole.includes("_" + term)) return 40;
  const found = Object.entries(WEIGHTS).find(([field]) => hasIn(tool, field, term));
  return found ? found[1] : 0;
}

/** What a word of the query stands for: itself, and the catalog's words for it where no tool is described with it. */
function meanings(word) {
  const term = fold(bare(word)).slice(1);
  const describes = (tool) => ["names", "title", "description"].some((field) => hasIn(tool, field, term));
  if (tools.some(describes)) return [term];
  const isKin = (key) => term.startsWith(key) || (key.length > 3 && term.endsWith(key)) || (term.length > 3 && key.startsWith(term));
  const kin = synonyms.filter(([key]) => isKin(fold(key).slice(1)));
  return [...new Set([term, ...kin.flatMap(([, means]) => means.map((one) => fold(one).slice(1)))])];
}

// A sentence of this many words also shows tools that have some of them, this many at most.
const SENTENCE = 3, CLOSEST = 10;

/** The tools that fit the query, best first: those with all of its words, and for a sentence the closest too. */
function ranked(query) {
  const all = query.split(/\s+/).filter((word) => fold(word) !== "_");
  const isSentence = all.length >= SENTENCE;
  // In a sentence, "to" and "me" tell nothing.
  const words = isSentence ? all.filter((word) => word.length > 2) : all;
  const terms = words.map((word) => ({ word, means: meanings(word) }));
  const weights = terms.map(({ means }) => tools.map((tool) => Math.max(...means.map((term) => weightIn(tool, term)))));
  const rarity = weights.map((ofTerm) => Math.log(1 + tools.length / (1 + ofTerm.filter(Boolean).length)));
  const scored = tools.map((tool, at) => ({
    tool,
    hasAll: weights.every((ofTerm) => ofTerm[at]),
    score: weights.reduce((sum, ofTerm, term) => sum + ofTerm[at] * rarity[term], 0),
  }));
  scored.sort((a, b) => b.score - a.score);
  const isClose = (one, rank) => isSentence && rank < CLOSEST && one.score > 0;
  const shown = scored.filter((one, rank) => one.hasAll || isClose(one, rank));
  const means = terms.filter(({ means }) => means.length > 1);
  return { tools: shown.map(({ tool }) => tool), partial: shown.some(({ hasAll }) => !hasAll), terms, means };
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
  const counted = shown.length === tools.length ? `${tools.length} tools` : `${shown.length} of ${tools.length} tools`;
  const translated = query.means.map(({ word, means }) => ` “${word}” also means ${means.slice(1).join(", ")}.`).join("");
  byId("count").textContent = `${counted}.` + (query.partial ? " Some have only some of the words." : "") + translated;
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
