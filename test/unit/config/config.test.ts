import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Environment, loadConfig } from '../../../src/config.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bourse-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const written = (yaml: string): string => {
  const path = join(folder, 'bourse.yaml');
  writeFileSync(path, yaml);
  return path;
};
const load = (yaml: string, env: Environment = {}) => loadConfig(written(yaml), env);
const refusal = (yaml: string, env: Environment = {}): string => {
  try {
    load(yaml, env);
  } catch (fault) {
    return fault instanceof Error ? fault.message : String(fault);
  }
  throw new Error('it was not refused');
};

const HOUSE = `
providers:
  house:
    dialect: openai
    base_url: http://127.0.0.1:8000/v1
    key_env: HOUSE_KEY
    prices_path: /models
    data: { training: never, retention: none, regions: [eu], self_hosted: true }
    offers:
      - { model: meta/llama-3.3-70b, wire_id: llama-70b, price: { input: $0.10/M, output: $0.20/M, cached_input: $0.05/M }, context: 128k, max_output: 8k, tools: true }
`;

describe('a configuration that says nothing', () => {
  it('has a default for everything and provides nobody', () => {
    const config = load('log: info\n');
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      providers: [],
      warnings: [],
      keys: [],
      allow: [],
      prices: {},
      durability: 'process',
      log: 'info',
      data: join(folder, 'data'),
    });
    for (const name of ['redis', 'database', 'secret']) expect(config).not.toHaveProperty(name);
  });

  it('uses the shipped policies, unless there is a folder of them beside it', () => {
    const yaml = 'log: info\n';
    expect(load(yaml).policies).toBe(join(import.meta.dirname, '../../../policies'));
    mkdirSync(join(folder, 'policies'));
    expect(load(yaml).policies).toBe(join(folder, 'policies'));
    expect(load('policies: rules\n').policies).toBe(join(folder, 'rules'));
  });

  it('is not the same as a file that is not there', () => {
    expect(() => loadConfig(join(folder, 'none.yaml'), {})).toThrow(`there is no file ${join(folder, 'none.yaml')}`);
  });
});

describe('providers', () => {
  it('are found by their keys in the environment, and keyless servers by their address', () => {
    const config = load('log: info\n', {
      OPENAI_API_KEY: 'sk-1',
      ANTHROPIC_API_KEY: 'sk-2',
      GEMINI_API_KEY: 'sk-3',
      OLLAMA_BASE_URL: 'http://127.0.0.1:11434/v1',
      GROQ_API_KEY: '',
    });
    const found = config.providers.toSorted((a, b) => a.name.localeCompare(b.name));
    expect(found.map(({ name, dialect, key }) => [name, dialect, key])).toEqual([
      ['anthropic', 'messages', 'sk-2'],
      ['gemini', 'gemini', 'sk-3'],
      ['ollama', 'chat', undefined],
      ['openai', 'chat', 'sk-1'],
    ]);
    expect(config.warnings).toEqual([]);
    expect(config.providers.find(({ name }) => name === 'ollama')).toMatchObject({ data: { selfHosted: true } });
  });

  it('of one’s own have everything from the file but the key', () => {
    const [house] = load(HOUSE, { HOUSE_KEY: 'secret-1' }).providers;
    expect(house).toEqual({
      name: 'house',
      dialect: 'chat',
      baseUrl: 'http://127.0.0.1:8000/v1',
      key: 'secret-1',
      pricesPath: '/models',
      data: { training: 'never', retention: 'none', regions: ['eu'], selfHosted: true },
      offers: [
        {
          model: 'meta/llama-3.3-70b',
          wire_id: 'llama-70b',
          // $0.10 per million is 100 000 pico-dollars a token.
          price: { input: 100_000, output: 200_000, cached_input: 50_000 },
          context: 128_000,
          max_output: 8_000,
          tools: true,
          vision: false,
          json: false,
          reasoning: false,
        },
      ],
    });
  });

  it('may be written as a list of maps that carry their names', () => {
    const map = load(
      'providers:\n  openai: { key_env: MINE }\n  house: { dialect: messages, base_url: http://127.0.0.1:1 }\n',
      {
        MINE: 'sk-1',
      },
    );
    const list = load(
      'providers:\n  - { name: openai, key_env: MINE }\n  - { name: house, dialect: messages, base_url: http://127.0.0.1:1 }\n',
      { MINE: 'sk-1' },
    );
    expect(list.providers).toEqual(map.providers);
    expect(map.providers.map(({ name }) => name)).toEqual(['openai', 'house']);
  });

  it('that stand twice in a list are refused, not merged', () => {
    const one = '{ name: house, dialect: chat, base_url: http://127.0.0.1:1 }';
    const said = refusal(`providers:\n  - ${one}\n  - ${one}\n`);
    expect(said).toContain(':3:13  providers[1].name  there are two providers called house');
    expect(refusal('providers:\n  - openai\n')).toContain(':2:5  providers[0]  a provider in a list is a map');
  });

  it('that are known need no more than their name; what the file says of them holds before what is known', () => {
    const [openai] = load('providers:\n  openai:\n', { OPENAI_API_KEY: 'sk-1' }).providers;
    expect(openai).toMatchObject({ baseUrl: 'https://api.openai.com/v1', data: { training: 'never' } });
    const moved = load(
      'providers:\n  openai: { base_url: https://eu.example/v1, data: { training: never, retention: none, regions: [eu] } }\n',
      { OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: 'https://us.example/v1' },
    );
    expect(moved.providers[0]).toMatchObject({
      baseUrl: 'https://eu.example/v1',
      data: { retention: 'none', regions: ['eu'] },
    });
  });

  it.each([
    ['providers:\n  openai:\n', 'provider "openai" has no key: set OPENAI_API_KEY'],
    [
      'providers:\n  house: { base_url: http://127.0.0.1:1 }\n',
      'provider "house" is not known here: give it a dialect',
    ],
    [
      'providers:\n  my-house: { dialect: chat }\n',
      'provider "my-house" has no address: give it a base_url, or set MY_HOUSE_BASE_URL',
    ],
    [HOUSE, 'provider "house" has no key: set HOUSE_KEY'],
  ])('that cannot be used are left out with a warning that says what would help: %j', (yaml, warning) => {
    const config = load(yaml);
    expect(config.providers).toEqual([]);
    expect(config.warnings).toEqual([expect.stringContaining(warning)]);
  });
});

describe('secrets', () => {
  it('may stand in a file whose name stands in the environment, as container platforms mount them', () => {
    const path = join(folder, 'key');
    writeFileSync(path, 'sk-from-a-file\n');
    const config = load('log: info\n', { OPENAI_API_KEY_FILE: path, BOURSE_SECRET_FILE: path });
    expect(config.providers.map(({ name, key }) => [name, key])).toEqual([['openai', 'sk-from-a-file']]);
    expect(config.secret).toBe('sk-from-a-file');
    const both = load('log: info\n', { OPENAI_API_KEY: 'sk-direct', OPENAI_API_KEY_FILE: path });
    expect(both.providers[0]?.key).toBe('sk-direct');
  });

  it('whose file is missing stop the start with the variable’s name', () => {
    const missing = join(folder, 'missing');
    expect(refusal('log: info\n', { OPENAI_API_KEY_FILE: missing })).toContain('OPENAI_API_KEY_FILE');
  });

  it('written where their variable should be named are refused, and not repeated', () => {
    const said = refusal('providers:\n  openai: { key_env: sk-proj-abc123 }\n');
    expect(said).toContain('providers.openai.key_env');
    expect(said).not.toContain('sk-proj-abc123');
  });
});

describe('a mistake', () => {
  it.each([
    ['lisen: 127.0.0.1:1\n', ':1:1  lisen', 'did you mean listen'],
    [
      'log: info\nproviders:\n  house:\n    base_ulr: http://x\n',
      ':4:5  providers.house.base_ulr',
      'did you mean base_url',
    ],
    ['listen: everywhere\n', ':1:9  listen', 'expected host:port'],
    ['providers:\n  House: { dialect: chat }\n', ':2:3  providers.House', 'small letters'],
    ['providers:\n  house: { dialect: klingon }\n', ':2:21  providers.house.dialect', 'chat'],
    [
      'providers:\n  house:\n    dialect: chat\n    offers:\n      - { model: llama, wire_id: x }\n',
      ':5:18  providers.house.offers[0].model',
      'expected author/name',
    ],
    [
      'providers:\n  house:\n    dialect: chat\n    offers:\n      - { model: a/b, wire_id: x, price: { input: 0.1, output: $1/M } }\n',
      ':5:51  providers.house.offers[0].price.input',
      '$0.1/M',
    ],
    ['prices:\n  feeds:\n    litellm: { every: 15 }\n', ':3:23  prices.feeds.litellm.every', '15'],
    ['providers: openai\n', ':1:12  providers', ''],
    ['keys:\n  - { id: a, hash: short }\n', ':2:20  keys[0].hash', ''],
    ['log: info\nlog: debug\n', ':2:1', 'twice'],
    ['log: [\n', ':2:1', ''],
  ])('is told with file, line and column: %j', (yaml, place, said) => {
    const message = refusal(yaml);
    expect(message).toContain(`${join(folder, 'bourse.yaml')}${place}`);
    expect(message).toContain(said);
  });

  it('does not hide the next: all are told, in the order of the file', () => {
    const lines = refusal('lisen: x\nprovidrs: {}\nlog: loud\n').split('\n');
    expect(lines.map((line) => line.slice(line.indexOf('.yaml:') + 6).split(':')[0])).toEqual(['1', '2', '3']);
  });
});

describe('where it listens', () => {
  it.each([
    ['127.0.0.1:9000', '127.0.0.1', 9000],
    ['localhost:1', 'localhost', 1],
    ['"[::1]:8080"', '::1', 8080],
  ])('%s is loopback and needs no key', (listen, host, port) => {
    expect(load(`listen: ${listen}\n`)).toMatchObject({ host, port });
  });

  it.each(['0.0.0.0:80', '10.0.0.5:80', '"[::]:80"', 'example.com:80', '127.example.com:80'])(
    '%s is not, and is refused without keys',
    (listen) => {
      expect(refusal(`listen: ${listen}\n`)).toContain('without keys Bourse listens on loopback only');
      const key = `keys:\n  - { id: abcdefghijkl, hash: "${'0'.repeat(64)}" }\n`;
      expect(load(`listen: ${listen}\n${key}`).keys).toHaveLength(1);
    },
  );

  it('the environment decides before the file, and is held to the same rules', () => {
    expect(load('listen: 127.0.0.1:1\n', { BOURSE_LISTEN: '127.0.0.1:2' }).port).toBe(2);
    expect(refusal('log: info\n', { BOURSE_LISTEN: '0.0.0.0:80' })).toContain('loopback only');
    for (const wrong of ['8080', 'localhost', '127.0.0.1:', '127.0.0.1:70000'])
      expect(refusal('log: info\n', { BOURSE_LISTEN: wrong })).toContain('BOURSE_LISTEN');
    expect(refusal('listen: 127.0.0.1:70000\n')).toContain('listen');
  });
});

describe('shared state', () => {
  it('is named in the file or the environment, which decides', () => {
    const yaml = 'redis: redis://file\ndatabase: postgres://file\n';
    expect(load(yaml)).toMatchObject({ redis: 'redis://file', database: 'postgres://file' });
    expect(load(yaml, { REDIS_URL: 'redis://env', DATABASE_URL: 'postgres://env' })).toMatchObject({
      redis: 'redis://env',
      database: 'postgres://env',
    });
  });
});
