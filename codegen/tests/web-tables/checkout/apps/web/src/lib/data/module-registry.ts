import type { ModuleConfig } from './types';
import { linksModuleConfig, tagsModuleConfig as tags } from '$lib/modules/core/module.config';
import { habitsModuleConfig } from '../modules/habits/module.config';
import { notesModuleConfig } from '../modules/notes/module.config';
import { settingsModuleConfig } from '../modules/settings/module.config';
import { todoModuleConfig } from '../modules/todo/module.config';

const PUSH_ORDER = ['tags', 'links'];

/** What is synced. */
export const MODULE_CONFIGS: readonly ModuleConfig[] = [
	tags,
	linksModuleConfig,
	// One line each.
	habitsModuleConfig,
	notesModuleConfig,
	settingsModuleConfig,
	todoModuleConfig,
] as const;

export const byApp = new Map(MODULE_CONFIGS.map((config) => [config.appId, config]));
