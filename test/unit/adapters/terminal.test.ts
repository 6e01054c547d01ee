import { describe, expect, it } from 'vitest';
import { createTerminalGuard } from '../../../src/adapters/terminal.ts';

describe('the end of an answer', () => {
  it('keeps one sum of usage, however often it is told after the finish', () => {
    const guard = createTerminalGuard();
    guard.admit({ events: [{ type: 'finish', reason: 'stop' }] });
    for (let output = 1; output <= 1_000; output += 1)
      guard.admit({ events: [{ type: 'usage', usage: { input: 7, output }, tier: 'flex' }] });
    expect(guard.finish()?.events).toEqual([
      { type: 'finish', reason: 'stop' },
      { type: 'usage', usage: { input: 7, output: 1_000 }, tier: 'flex' },
    ]);
  });
});
