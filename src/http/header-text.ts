// What may stand in a response header: printable ASCII, bounded. Anything else would let a name from a file or a feed end the header.

const LONGEST = 1024;

export const headerText = (text: string): string => text.slice(0, LONGEST).replace(/[^\x20-\x7e]/g, '?');
