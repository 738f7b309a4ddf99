import type { ModuleConfig } from '$lib/data/types';

export const notesModuleConfig: ModuleConfig = {
	appId: 'notes',
	tables: [
		{ name: 'notes' },
		// Which tags a note has.
		{ name: 'noteTags' },
		{ name: 'noteDrafts' },
	],
};
