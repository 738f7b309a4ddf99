import type { BaseRecord } from '@web/local-store';

export const PRIORITIES = ['low', 'medium', 'high'] as const;
export type Priority = (typeof PRIORITIES)[number];

export enum Effort {
	Small = 'small',
	Large = 'large',
}

export interface Subtask {
	id: string;
	title: string;
}

export interface LocalTask extends BaseRecord {
	title: string;
	description?: string | null;
	priority: Priority;
	effort?: Effort;
	isCompleted: boolean;
	dueDate?: string | null;
	estimate: number;
	labels: readonly string[];
	subtasks?: Array<Subtask> | null;
	metadata?: Record<string, unknown>;
	anchor?: { kind: 'task'; id: string } | null;
	ordering: [number, number];
	source: string | number;
}

export interface LocalProject extends BaseRecord {
	name: string;
}

// Declared once more: both are one interface.
export interface LocalProject {
	color: `#${string}`;
}
