export type VisibilityLevel = 'private' | 'space' | 'unlisted' | 'public';
