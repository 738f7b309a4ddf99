import { db } from '../../data/database';
import type { LocalDraft, LocalNote, LocalNoteTag } from './types';

export const noteTable = db.table<LocalNote>('notes');
export const noteTagTable = db.table<LocalNoteTag>('noteTags');
export const draftTable = db.table<LocalDraft>('noteDrafts');
