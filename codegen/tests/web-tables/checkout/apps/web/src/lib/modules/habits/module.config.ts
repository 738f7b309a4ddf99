import type { ModuleConfig } from '../../data/types';

export const habitsModuleConfig: ModuleConfig = {
	appId: 'habits',
	tables: [{ name: 'habits' }, { name: 'habitLogs', syncName: 'logs' }],
};
