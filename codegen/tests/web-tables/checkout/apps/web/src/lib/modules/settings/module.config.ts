export const settingsModuleConfig = {
	appId: 'mana',
	tables: [{ name: 'settings', syncName: 'userSettings' }],
};
