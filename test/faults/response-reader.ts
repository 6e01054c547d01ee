// One HTTP response out of bytes as they come: its head, its body freed of its framing, and whether its end was seen.
import { StringDecoder } from 'node:string_decoder';

type Response = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly complete: boolean;
};

const headOf = (text: string) => {
  const [first = '', ...lines] = text.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(first.split(' ')[1]), headers };
};

/** Reads one response as its bytes come; what follows it is left over. */
export const createResponseReader = () => {
  let held: Buffer = Buffer.alloc(0);
  let head: ReturnType<typeof headOf> | undefined;
  /** Bytes of the body still to come before the next thing, and whether nothing more is to come. */
  let missing = 0;
  let complete = false;
  const texts: string[] = [];
  const decoder = new StringDecoder('utf8');
  const take = (count: number): Buffer => {
    const taken = held.subarray(0, count);
    held = held.subarray(taken.length);
    return taken;
  };
  const body = (isChunked: boolean): void => {
    while (held.length > 0 && !complete) {
      if (missing > 0) {
        const piece = take(missing);
        missing -= piece.length;
        texts.push(decoder.write(piece));
        if (missing === 0 && !isChunked) complete = true;
        continue;
      }
      // The line end of the chunk before, then the size of the next.
      const from = held[0] === 13 ? 2 : 0;
      const line = held.indexOf('\r\n', from);
      if (line < 0) return;
      missing = Number.parseInt(held.subarray(from, line).toString('latin1'), 16);
      if (missing === 0 && held.length < line + 4) return;
      take(missing === 0 ? line + 4 : line + 2);
      if (missing === 0) complete = true;
    }
  };
  return {
    feed: (piece: Buffer): void => {
      held = held.length === 0 ? piece : Buffer.concat([held, piece]);
      if (!head) {
        const split = held.indexOf('\r\n\r\n');
        if (split < 0) return;
        head = headOf(take(split).toString('latin1'));
        take(4);
        missing = Number(head.headers['content-length'] ?? 0);
        complete = head.headers['transfer-encoding'] !== 'chunked' && missing === 0;
      }
      body(head.headers['transfer-encoding'] === 'chunked');
    },
    texts,
    head: () => head,
    complete: () => complete,
    /** Undefined before the head is whole. */
    response: (): Response | undefined => head && { ...head, body: texts.join(''), complete },
    rest: (): Buffer => held,
  };
};

/** The first response in these bytes, and what is left after it. */
export const readResponse = (bytes: Buffer): (Response & { readonly rest: Buffer }) | undefined => {
  const reader = createResponseReader();
  reader.feed(bytes);
  const response = reader.response();
  return response && { ...response, rest: reader.rest() };
};
