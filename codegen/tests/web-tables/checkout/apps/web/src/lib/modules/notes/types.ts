import type { BaseRecord } from '@web/local-store';
import type { Visibility } from '@web/shared-types';

export interface LocalNote extends BaseRecord {
	title: string;
	content: string | null;
	isPinned: boolean;
	visibility: Visibility;
	icon?: undefined | string;
}

export interface LocalNoteTag extends Omit<BaseRecord, 'id'> {
	noteId: string;
	tagId: string;
}

/** Its fields are made by the type checker. */
export type LocalDraft = { [key in 'title' | 'content']: string };
