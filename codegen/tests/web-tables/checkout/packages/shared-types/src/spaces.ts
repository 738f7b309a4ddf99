export type SpaceType = 'personal' | 'brand' | 'team';
export type SpaceModuleId = string;

/** Which modules a space has. */
export const SPACE_MODULE_ALLOWLIST: Record<SpaceType, readonly SpaceModuleId[] | '*'> = {
	personal: '*', // every module
	brand: ['mana', 'notes'],
	team: [
		'mana',
		'todo',
		// Notes are shared.
		'notes',
	],
};
