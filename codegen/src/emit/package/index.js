export const AI_TOOL_CATALOG_BY_NAME = new Map(AI_TOOL_CATALOG.map((tool) => [tool.name, tool]));
for (const tool of AI_TOOL_CATALOG) {
  for (const name of [tool.toolName, tool.toolName.replace('.', '_'), ...tool.aliases]) {
    if (!AI_TOOL_CATALOG_BY_NAME.has(name)) AI_TOOL_CATALOG_BY_NAME.set(name, tool);
  }
}

export const AI_PROPOSABLE_TOOL_NAMES = AI_TOOL_CATALOG.filter((tool) => tool.defaultPolicy === 'propose').map(
  (tool) => tool.name,
);

export const AI_PROPOSABLE_TOOL_SET = new Set(AI_PROPOSABLE_TOOL_NAMES);

// Shorter texts cannot carry an instruction. Counted in code points, as the gateway does.
const MIN_CHARACTERS = 16;

const isLong = (text) => text.length >= 2 * MIN_CHARACTERS || [...text].length >= MIN_CHARACTERS;

const markerIn = (text) => (isLong(text) ? INJECTION_MARKERS.find((marker) => marker.test(text)) : undefined);

export function detectInjectionMarker(input) {
  // A stack in place of recursion: arguments may be nested deeply.
  const pending = [input];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === 'string') {
      const marker = markerIn(value);
      if (marker) return marker.source;
    } else if (Array.isArray(value)) {
      for (const item of value) pending.push(item);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) pending.push(key, member);
    }
  }
  return null;
}
