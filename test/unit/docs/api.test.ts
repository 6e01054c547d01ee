// docs/api.md against the server: its routes, its headers in and out, the frame of a broken stream.
import { describe, expect, it } from 'vitest';
import { createChatWriter } from '../../../src/dialects/chat-writer.ts';
import { askHeaders } from '../../../src/http/ask.ts';
import { ENDPOINTS } from '../../../src/http/endpoints.ts';
import { LABEL_SCORES } from '../../../src/http/routes/feedback.ts';
import { namesIn, pageAt, rowsOf, section } from './markdown.ts';

const page = pageAt('docs/api.md');

describe('docs/api.md', () => {
  it('lists the routes there are, in their order and words', () => {
    const rows = ENDPOINTS.map(({ method, path, access, summary }) => [method, `\`${path}\``, access, summary]);
    expect(rowsOf(section(page, 'API'))).toEqual(rows);
  });

  it('names every header that a request may carry', () => {
    const feedback = ENDPOINTS.find(({ path }) => path === '/v1/feedback')?.input?.headers;
    const read = [...Object.keys(askHeaders.shape), ...Object.keys(feedback?.shape ?? {})];
    const named = namesIn(section(page, 'The request'));
    expect([...named].sort()).toEqual(['authorization', 'x-request-id', ...read].sort());
  });

  it('shows the frame that ends a broken stream as it is', () => {
    const shown = /^data: (\{.*) …\}$/m.exec(page)?.[1]?.replace(/,$/, '') ?? '';
    const writer = createChatWriter({ id: 'r', created: 1, model: 'a/b', includeUsage: false });
    const { choices, error } = writer.failure('The answer broke off …', 'stream_interrupted');
    expect(JSON.parse(`${shown}}`)).toEqual({ choices, error });
  });

  it('names every label of feedback', () => {
    const named = /or `label`: ([^.]*)\./.exec(page)?.[1] ?? '';
    expect(named).toBe([...LABEL_SCORES.keys()].map((label) => `\`${label}\``).join(', '));
  });
});
