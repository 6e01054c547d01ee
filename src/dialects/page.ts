// When an error body is a page of HTML: then not the provider speaks, but a proxy in front of it.
import { HTML_PAGE } from '../core/failure.ts';

export const isPage = (body: string): boolean => body.trimStart().startsWith('<');

/** The code such an error gets; none where it is no page. */
export const pageCode = (body: string): { readonly code?: string } => (isPage(body) ? { code: HTML_PAGE } : {});
