export type { BaseRecord } from './record';
