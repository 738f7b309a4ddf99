export interface ModuleConfig {
	appId: string;
	tables: readonly { name: string; syncName?: string }[];
}
