export * from './spaces';
export type { VisibilityLevel as Visibility } from './privacy';
