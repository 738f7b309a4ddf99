/** Every row. */
export interface BaseRecord {
	id: string;
	createdAt?: string;
	updatedAt?: string;
	deletedAt?: string | null;
	spaceId?: string;
	authorId?: string;
}
