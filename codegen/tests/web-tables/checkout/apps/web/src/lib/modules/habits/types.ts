import type { BaseRecord } from '@web/local-store';
import type { Icon } from 'a-package-that-is-not-here';

export interface HabitSchedule {
	days: number[];
	time?: string;
}

export interface LocalHabit extends BaseRecord {
	title: string;
	icon: Icon;
	targetPerDay: number | null;
	schedule?: HabitSchedule | null;
	order: number;
	isArchived: boolean;
}

export interface LocalHabitLog extends BaseRecord {
	habitId: string;
	note: string | null;
	mood?: LocalMood['value'];
}

interface LocalMood extends BaseRecord {
	value?: 'good' | 'bad';
}
