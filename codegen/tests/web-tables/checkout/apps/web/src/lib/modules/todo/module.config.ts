import type { ModuleConfig } from '../../data/types';

export const todoModuleConfig: ModuleConfig = {
	appId: 'todo',
	tables: [
		{ name: 'tasks' },
		{ name: 'todoProjects', syncName: 'projects' },
	],
};
