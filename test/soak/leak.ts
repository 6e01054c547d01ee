// A leak that is planted to see whether the soak finds it: something of every request that nobody ever lets go.
import type { Server } from 'node:http';

/** @param bytes kept of every request, as code would keep them that forgets to forget; 0 plants nothing */
export const plantLeak = (server: Server, bytes: number): void => {
  if (!(bytes > 0)) return;
  const kept: (readonly number[])[] = [];
  // A number takes eight.
  server.on('request', () => kept.push(Array.from({ length: Math.ceil(bytes / 8) }, (_, at) => at)));
};
