import { db } from '$lib/data/database';
import type { LocalTag } from './tag';

export const tagTable = db.table<LocalTag>('globalTags');
