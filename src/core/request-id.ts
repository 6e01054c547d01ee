// How a request is named: its time first, so that names sort as requests came and a month of them is one stretch of names.

/** Enough hexadecimal digits for every instant until the year 10889. */
const DIGITS = 12;

/** @param now epoch ms @param unique has no `-` before its own first part; told apart from others of the same millisecond by it */
export const requestIdAt = (now: number, unique: string): string => `${firstIdAt(now)}-${unique}`;

/** Sorts before every request of that instant or later, and after every earlier one. @param at epoch ms, 0 or later */
export const firstIdAt = (at: number): string => Math.trunc(at).toString(16).padStart(DIGITS, '0');
