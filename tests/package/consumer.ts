// Programs that use the package as the web application and its services do; compiled, never run.
import {
  AI_PROPOSABLE_TOOL_NAMES,
  AI_PROPOSABLE_TOOL_SET,
  AI_TOOL_CATALOG,
  AI_TOOL_CATALOG_BY_NAME,
  INJECTION_MARKERS,
  detectInjectionMarker,
  type AiProposableToolName,
  type AiToolName,
  type CatalogTool,
  type InputOf,
  type Manifest,
  type OutputOf,
  type PolicyDecision,
  type ToolInputs,
  type ToolName,
  type ToolSchema,
} from '@mana/tool-catalog';

// A planner: it takes any tools, and makes one itself.
interface FunctionSpec {
  name: string;
  description: string;
  parameters: { type: 'object'; properties: Record<string, { type: string; enum?: string[] }>; required: string[] };
}

function functionSpec(tool: ToolSchema): FunctionSpec {
  const properties: FunctionSpec['parameters']['properties'] = {};
  for (const { name, type, enum: words } of tool.parameters) {
    properties[name] = words ? { type, enum: [...words] } : { type };
  }
  const required = tool.parameters.filter((parameter) => parameter.required).map((parameter) => parameter.name);
  return { name: tool.name, description: tool.description, parameters: { type: 'object', properties, required } };
}

const task: ToolSchema = {
  name: 'task',
  module: '_agent',
  description: 'Starts an agent for a part of the work.',
  defaultPolicy: 'auto',
  parameters: [{ name: 'kind', type: 'string', required: true, description: 'Its kind.', enum: ['plan', 'general'] }],
};
export const specs: FunctionSpec[] = [...AI_TOOL_CATALOG, task].map(functionSpec);

// A policy: names are any texts, as they are in stored data.
export const policy: Record<string, PolicyDecision> = Object.fromEntries(
  AI_PROPOSABLE_TOOL_NAMES.map((name: AiProposableToolName) => [name, 'propose']),
);
export function decide(name: string): PolicyDecision {
  const tool: CatalogTool | undefined = AI_TOOL_CATALOG_BY_NAME.get(name);
  return policy[name] ?? tool?.defaultPolicy ?? (AI_PROPOSABLE_TOOL_SET.has(name) ? 'propose' : 'deny');
}

// Arguments and results, by any name.
export const input: InputOf<'create_task'> = { title: 'Buy milk' };
export const same: ToolInputs['todo.create'] = input;
export const again: InputOf<'todo_create'> = input;
export function idOf(output: OutputOf<'create_task'>): string | undefined {
  return output.task?.id;
}
const entry: AiToolName = 'create_task';
const tool: ToolName = 'todo.create';

// @ts-expect-error: a task has a title
export const untitled: InputOf<'create_task'> = {};
// @ts-expect-error: a title is a text
export const numbered: InputOf<'create_task'> = { title: 1 };
// @ts-expect-error: there is no such tool
export type Unknown = InputOf<'create_nothing'>;
// @ts-expect-error: the catalog is not changed
AI_TOOL_CATALOG.push(task);

// The rest.
const marker: string | null = detectInjectionMarker({ text: 'any' });
const markers: readonly RegExp[] = INJECTION_MARKERS;
export const modules = (manifest: Manifest): string[] => manifest.modules.map((module) => module.webName);
export default [entry, tool, marker, markers];
