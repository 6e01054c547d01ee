// Streams whose bytes are odd: what must not matter (cuts anywhere, line ends, a byte order mark), and what must be bounded.
import { gzipSync } from 'node:zlib';
import {
  type Act,
  ANSWER_TOKENS,
  done,
  end,
  EVENTS,
  finish,
  forever,
  head,
  opens,
  raw,
  role,
  type Script,
  send,
  tokens,
  usage,
  wait,
} from '../../support/truth-bill/acts.ts';
import { wordsOf } from '../../support/truth-bill/answer.ts';
import { SEED } from '../world.ts';
import { another, broken, own } from './expect.ts';
import type { Row } from './rows.ts';

const MULTIBYTE = ['né ', '中文 ', '🚢🧭', ' ñ𝛑'] as const;

const chunkOf = (delta: object, reason: string | null = null): object => ({
  id: 'chatcmpl-truth',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'wire',
  choices: [{ index: 0, delta, finish_reason: reason }],
});

type Odd = { readonly newline: string; readonly text: readonly string[]; readonly before?: string };

/** A whole chat stream as one text. */
const streamText = ({ newline, text, before = '' }: Odd): string =>
  before +
  [chunkOf({ role: 'assistant', content: '' }), ...text.map((content) => chunkOf({ content })), chunkOf({}, 'stop')]
    .map((event) => `data: ${JSON.stringify(event)}${newline}${newline}`)
    .join('');

/** Cut at places a seeded walk chooses, some of them inside a character. */
const pieces = (text: string): readonly Act[] => {
  const bytes = Buffer.from(text);
  const acts: Act[] = [];
  for (let at = 0, step = 1; at < bytes.length; at += step) {
    step = 1 + ((at * 31 + SEED * 17 + step * 7) % 97);
    acts.push(send(bytes.subarray(at, at + step)));
  }
  return acts;
};

const odd = (change: Partial<Odd>, whole = false): Script => {
  const text = change.text ?? wordsOf('openai', SEED, { from: 0, to: ANSWER_TOKENS });
  const bytes = streamText({ newline: '\n', ...change, text });
  // Its own tokens are counted for the bill; the bytes said are those above.
  return () => [
    opens,
    ...(whole ? [send(bytes)] : pieces(bytes)),
    { act: 'count', tokens: text.length },
    usage(),
    done,
    end,
  ];
};

const mixedEnds: Script = () => {
  const text = wordsOf('openai', SEED, { from: 0, to: ANSWER_TOKENS });
  const events = [chunkOf({ role: 'assistant' }), ...text.map((content) => chunkOf({ content })), chunkOf({}, 'stop')];
  const ends = ['\n', '\r\n', '\r'];
  const said = events.map((event, at) => {
    const newline = ends[at % ends.length] ?? '\n';
    return send(
      `: keep-alive${newline}event: message${newline}id: ${at}${newline}data: ${JSON.stringify(event)}${newline}${newline}`,
    );
  });
  return [opens, ...said, { act: 'count', tokens: text.length }, usage(), done, end];
};

const long = MULTIBYTE.flatMap((word) => Array<string>(15).fill(word));

const odds: readonly Row[] = [
  { id: 'F26-split', about: 'The bytes of a stream cut anywhere.', script: odd({}) },
  { id: 'F26-line-ends', about: 'LF, CRLF and CR in one stream, with comments, names and ids.', script: mixedEnds },
  { id: 'F26-bom', about: 'A byte order mark before the first event.', script: odd({ before: '\uFEFF' }) },
].map((row): Row => ({ ...row, primary: 'openai', modes: 'S', zero: own({ health: 'untouched' }) }));

const MEGABYTE = 1024 * 1024;
const BIG = Buffer.alloc(16 * MEGABYTE, 0x61);

const bounds: readonly Row[] = [
  {
    id: 'F29-endless',
    about: 'A stream that goes on for ever, fast.',
    primary: 'openai',
    modes: 'S',
    speed: 5,
    script: () => [
      opens,
      role,
      tokens(20),
      forever({ bytes: `data: ${JSON.stringify(chunkOf({ content: 'a'.repeat(250_000) }))}\n\n` }),
    ],
    zero: broken({ withinMs: 60_000 }),
  },
  {
    id: 'F29-huge-event',
    about: 'One event of 16 MB.',
    primary: 'openai',
    modes: 'S',
    speed: 2,
    script: () => [
      opens,
      role,
      tokens(20),
      send('data: {"choices":[{"delta":{"content":"'),
      send(BIG),
      send('"}}]}\n\n'),
      finish(),
      usage(),
      done,
      end,
    ],
    zero: broken({ withinMs: 20_000 }),
  },
  {
    id: 'F29-gzip-bomb',
    about: 'An answer compressed a thousand times, unasked.',
    primary: 'openai',
    modes: 'S',
    script: () => [head(200, { ...EVENTS, 'content-encoding': 'gzip' }), send(gzipSync(BIG)), end],
    plus: another({ health: 'counted' }),
  },
  {
    id: 'F29-headers',
    about: 'Ten thousand response headers.',
    primary: 'openai',
    modes: 'S',
    script: () => [
      raw(`HTTP/1.1 200 OK\r\n${Array.from({ length: 10_000 }, (_, at) => `x-h${at}: ${at}`).join('\r\n')}\r\n\r\n`),
      wait(1_000),
      end,
    ],
    plus: another({ health: 'counted' }),
  },
];

export const STREAM_BYTES: readonly Row[] = [
  ...odds,
  {
    id: 'F26-utf8',
    about: 'Characters of two, three and four bytes, cut inside.',
    primary: 'openai',
    modes: 'S',
    script: odd({ text: long }),
    zero: own({ text: long.join('') }),
  },
  ...bounds,
];
