import { db } from '../../data/database';
import type { LocalHabit, LocalHabitLog } from './types';

export const habitTable = db.table<LocalHabit>('habits');
export const habitLogTable = db.table<LocalHabitLog, string>('habitLogs');
