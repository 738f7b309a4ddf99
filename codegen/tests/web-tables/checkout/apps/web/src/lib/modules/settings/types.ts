import type { BaseRecord } from '@web/local-store';

interface Look {
	theme: 'dark' | 'light' | 'very dark';
	density: number;
}

export interface LocalSettings extends BaseRecord, Partial<Look> {
	language: string;
	weekStart: 0 | 1;
}
