import type { ModuleConfig } from '$lib/data/types';

export const tagsModuleConfig: ModuleConfig = {
	appId: 'tags',
	tables: [{ name: 'globalTags', syncName: 'tags' }],
};

export const linksModuleConfig = {
	appId: 'links',
	tables: [],
} satisfies ModuleConfig;
