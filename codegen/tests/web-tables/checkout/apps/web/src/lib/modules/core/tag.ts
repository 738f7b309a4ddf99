import type { BaseRecord } from '@web/local-store';

export type LocalTag = BaseRecord & {
	name: string;
	color: string & { readonly brand: 'Colour' };
};
