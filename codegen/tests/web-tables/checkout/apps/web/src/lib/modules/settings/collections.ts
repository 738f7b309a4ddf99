import { db } from '../../data/database';
import type { LocalSettings } from './types';

export const settings = db.table<LocalSettings>('settings');
