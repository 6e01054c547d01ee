// List prices for recordings that have no dollars of their own: JSON or YAML, model → dollars per million tokens in and out.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type PicoUsdPerUnit, priceFromUsdPerMillion } from '../../core/money.ts';
import { formatProblem, readYaml } from '../../policy/yaml-file.ts';
import { ReplayFault } from './fault.ts';

/** Far above any list price: more is a mistaken unit. */
const DEAREST = 10_000;

const price = z.number({ error: 'expected dollars per million tokens, such as 0.25' }).min(0).max(DEAREST);
const PriceFile = z.record(z.string(), z.looseObject({ input_price: price, output_price: price }));

/** Pico-dollars per token. */
export type ListPrice = { readonly input: PicoUsdPerUnit; readonly output: PicoUsdPerUnit };
export type PriceList = ReadonlyMap<string, ListPrice>;

/** @throws ReplayFault with file:line:column of each fault */
export const readPriceList = async (path: string): Promise<PriceList> => {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new ReplayFault(path, undefined, 'there is no such price list; check the path');
  });
  const read = readYaml(text, path, PriceFile);
  if (!read.ok) throw new Error(read.problems.map(formatProblem).join('\n'));
  return new Map(
    Object.entries(read.value).map(([model, { input_price, output_price }]) => [
      model,
      { input: priceFromUsdPerMillion(input_price), output: priceFromUsdPerMillion(output_price) },
    ]),
  );
};
