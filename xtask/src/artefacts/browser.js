const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const text = (selector) => document.querySelector(selector).textContent;
const visible = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
const shown = () => visible(".tool").map((tool) => tool.id);
const row = (index) => visible(".tool > summary")[index];
const effect = () => byId("effect").value;
const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
function type(query) {
  search.value = query;
  search.dispatchEvent(new Event("input"));
}
function choose(id, value) {
  byId(id).value = value;
  byId(id).dispatchEvent(new Event("change"));
}

/** Inputs without a label, and ids that two elements have. */
function unlabelled() {
  const inputs = visible("input, select").filter((input) => !input.labels.length).map((input) => `${input.id} has no label`);
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  return [...inputs, ...ids.filter((id, index) => ids.indexOf(id) < index).map((id) => `${id} is there twice`)];
}

/** Texts whose contrast is below WCAG's 4.5 to 1. */
function faint() {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = (color) => {
    const [red, green, blue] = channels(color).map((one) => (one / 255 <= 0.04045 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const back = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return channels(color)[3] === 0 && element.parentElement ? back(element.parentElement) : color;
  };
  const texts = visible("body *").filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  if (texts.length < 50) return ["there is little text"];
  return texts.flatMap((element) => {
    const [low, high] = [luminance(getComputedStyle(element).color), luminance(back(element))].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    return ratio < 4.5 ? [`${element.tagName} ${element.className}: ${ratio.toFixed(2)}: ${element.textContent.slice(0, 40)}`] : [];
  });
}

/** Elements that stand out over the side. */
function wide() {
  return visible("body *").filter((element) => element.getBoundingClientRect().right > innerWidth + 1).map((element) => `${element.tagName} is too wide`);
}
