// bourse route: where a prompt would go and why; nothing is called, nothing is written.
import { randomUUID } from 'node:crypto';
import { RouterError } from '../core/errors.ts';
import { parseChatRequest } from '../dialects/chat-request.ts';
import { explain } from '../reports/explain.ts';
import { type Command, readWords, UsageError } from './command.ts';
import { CONFIG_OPTION, openDryRun } from './open.ts';

export const route: Command = {
  about: 'say where a prompt would go, and why',
  usage: 'bourse route "PROMPT" [--model auto|auto/<policy>|author/name] [--config bourse.yaml] [--json]',
  run: async (words, terminal) => {
    const { values, positionals } = readWords(words, {
      ...CONFIG_OPTION,
      model: { type: 'string', default: 'auto' },
      json: { type: 'boolean', default: false },
    });
    const prompt = positionals.join(' ');
    if (prompt === '') throw new UsageError('give a prompt');
    const dryRun = await openDryRun(values.config, terminal);
    try {
      const body = { model: values.model, messages: [{ role: 'user', content: prompt }] };
      const decision = dryRun({
        requestId: randomUUID(),
        request: parseChatRequest(body, Buffer.byteLength(JSON.stringify(body))),
        caller: { id: 'local', policies: [] },
        explore: 'never',
        signal: new AbortController().signal,
      });
      const { text, ...rest } = explain(decision);
      terminal.out(values.json ? JSON.stringify(rest, null, 2) : text);
      return 0;
    } catch (fault) {
      if (!(fault instanceof RouterError)) throw fault;
      terminal.err(`${fault.code}: ${fault.message}`);
      return 1;
    }
  },
};
