// Not in the registry: not synced.
export const legacyModuleConfig = { appId: 'legacy', tables: [{ name: 'legacyRows' }] };
