// A router of the least possible size, to run the demo against: the cheapest host of one model by the catalogue, next one when that fails.
import { createServer } from 'node:http';
import type { World } from '../../../src/demo/upstreams.ts';

type Row = { readonly id: string; readonly pricing: { readonly prompt: string; readonly completion: string } };
type Candidate = {
  readonly provider: string;
  readonly model: string;
  readonly wireId: string;
  readonly url: string;
  readonly key: string;
  prompt: number;
  completion: number;
};

export type ToyRouter = {
  readonly baseUrl: string;
  readonly feedback: { readonly requestId: string; readonly score: number }[];
  refreshFeeds(): Promise<void>;
  close(): Promise<void>;
};

/** `broken`: answers every request itself, with an error. */
export const startToyRouter = async (world: World, { broken = false } = {}): Promise<ToyRouter> => {
  const candidates: Candidate[] = world.providers
    .filter(({ dialect }) => dialect === 'chat')
    .flatMap(({ name, baseUrl, key, offers }) =>
      offers
        .filter(({ model }) => model === 'tidal/current-70b')
        .map(({ model, wireId }) => ({
          provider: name,
          model,
          wireId,
          url: `${baseUrl}/chat/completions`,
          key,
          prompt: 0,
          completion: 0,
        })),
    );
  const refreshFeeds = async (): Promise<void> => {
    const { data }: { data: Row[] } = JSON.parse(await (await fetch(world.feeds.url)).text());
    for (const candidate of candidates) {
      const row = data.find(({ id }) => id === `${candidate.provider}/${candidate.wireId}`);
      candidate.prompt = Number(row?.pricing.prompt);
      candidate.completion = Number(row?.pricing.completion);
    }
    candidates.sort((a, b) => a.completion - b.completion);
  };
  await refreshFeeds();

  let count = 0;
  const route = async (asked: Record<string, unknown>): Promise<Response> => {
    const requestId = `r${count++}`;
    const failure = {
      error: { message: 'Nobody answers.', type: 'server_error', code: 'upstream_exhausted', param: null },
    };
    if (broken) return Response.json(failure, { status: 502, headers: { 'x-bourse-request-id': requestId } });
    for (const [at, { provider, model, wireId, url, key, prompt, completion }] of candidates.entries()) {
      const reply = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify({ ...asked, model: wireId }),
      }).catch(() => undefined);
      const text = reply?.ok ? await reply.text().catch(() => undefined) : undefined;
      if (text === undefined) continue;
      const headers = {
        'content-type': reply?.headers.get('content-type') ?? '',
        'x-bourse-request-id': requestId,
        'x-bourse-provider': provider,
        'x-bourse-model': model,
        'x-bourse-attempts': String(at + 1),
        'x-bourse-feedback-token': `t${requestId}`,
      };
      const priced = text.replace(
        /"usage":(\{.*?\}\s*,"completion_tokens_details":\{[^}]*\}\})/g,
        (_, json: string) => {
          const usage = JSON.parse(json);
          const cost = usage.prompt_tokens * prompt + usage.completion_tokens * completion;
          return `"usage":${JSON.stringify({ ...usage, cost_usd: cost })}`;
        },
      );
      return new Response(priced, { headers });
    }
    return Response.json(failure, { status: 502, headers: { 'x-bourse-request-id': requestId } });
  };

  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      void route(JSON.parse(Buffer.concat(pieces).toString())).then(async (answer) => {
        response.writeHead(answer.status, Object.fromEntries(answer.headers));
        response.end(await answer.text());
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    feedback: [],
    refreshFeeds,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
