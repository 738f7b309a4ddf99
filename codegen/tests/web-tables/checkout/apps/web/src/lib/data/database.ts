import Dexie from 'dexie';

export const db = new Dexie('web');

db.version(1).stores({ tasks: 'id, dueDate', settings: 'id' });

/** One row a user, none a space. */
const USER_LEVEL_TABLES: ReadonlySet<string> = new Set([
	// Of all modules.
	'settings',
	'tagPresets', // not synced
]);

export function isUserLevel(table: string): boolean {
	return USER_LEVEL_TABLES.has(table);
}
