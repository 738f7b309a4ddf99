import type { PolicyHint, ToolInputs, ToolName, ToolOutputs } from './catalog.js';

export type * from './catalog.js';

/** What an agent may do with a tool: run it, propose it to the user, or neither. */
export type PolicyDecision = 'auto' | 'propose' | 'deny';

/** A parameter of a tool. What `type` leaves out is said in `description`. */
export interface ToolParameter {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
  readonly enum?: readonly string[];
}

/** A tool as planners describe it to a model. */
export interface ToolSchema {
  readonly name: string;
  readonly module: string;
  readonly description: string;
  readonly defaultPolicy: PolicyDecision;
  readonly parameters: readonly ToolParameter[];
}

/** A tool of the catalog, under one name by which agents know it. */
export interface CatalogTool extends ToolSchema {
  /** The name under which agents know it: small letters, digits and underscores. */
  readonly name: AiToolName;
  /** The catalog's name, under which the gateway always takes calls. */
  readonly toolName: ToolName;
  readonly title: string;
  readonly defaultPolicy: 'auto' | 'propose';
  readonly policyHint: PolicyHint;
  /** Former names. The gateway takes calls under them too. */
  readonly aliases: readonly string[];
}

/** One entry for each former name of a tool, and one for each tool that never had another name. */
export declare const AI_TOOL_CATALOG: readonly CatalogTool[];

/** The entries by name, by former name, and by the gateway's names with a dot or an underscore. */
export declare const AI_TOOL_CATALOG_BY_NAME: ReadonlyMap<string, CatalogTool>;

/** A name in `AI_PROPOSABLE_TOOL_NAMES`; names in stored policies may be older, so any text may be asked for. */
export type AiProposableToolName = string;

/** The names of entries that agents propose. */
export declare const AI_PROPOSABLE_TOOL_NAMES: readonly AiProposableToolName[];
export declare const AI_PROPOSABLE_TOOL_SET: ReadonlySet<AiProposableToolName>;

/** What texts that try to instruct a model often hold. */
export declare const INJECTION_MARKERS: readonly RegExp[];

/**
 * The source of a marker that a text in `input` holds, at any depth, names of properties included; null where none
 * does. A signal for operators, not a reason to refuse a call. Texts under 16 characters are skipped.
 */
export declare function detectInjectionMarker(input: unknown): string | null;

/** The name of an entry. */
export type AiToolName = keyof ToolsByAiName;

/** What a tool takes. */
export type InputOf<Name extends keyof ToolsByName> = ToolInputs[ToolsByName[Name]];

/** What a tool returns. */
export type OutputOf<Name extends keyof ToolsByName> = ToolOutputs[ToolsByName[Name]];
