import { db } from '../../data/database';
import type { LocalProject, LocalTask } from './types';

export const taskTable = db.table<LocalTask>('tasks');
export const projectTable = db.table<LocalProject>('todoProjects');
