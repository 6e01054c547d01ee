// Secrets a provider lets slip in its errors and headers. None may ever be seen outside the socket it came on.

/** Twelve shapes of credentials, each marked so that a search for it finds nothing else. */
export const CANARIES = [
  'sk-proj-CANARYa1b2c3d4e5f6g7h8',
  'sk-ant-api03-CANARYi9j0k1l2m3n4',
  'AIzaSyCANARYo5p6q7r8s9t0u1v2w3x4y5z6a7b',
  'gsk_CANARYc8d9e0f1g2h3i4j5k6l7',
  'xai-CANARYm8n9o0p1q2r3s4t5u6v7',
  'hf_CANARYw8x9y0z1a2b3c4d5e6f7',
  'AKIACANARY7G8H9I0J1K',
  'eyJhbGciOiJDQU5BUlkifQ.eyJzdWIiOiJDQU5BUlkifQ.CANARYsignature',
  'Bearer CANARYtoken-g8h9i0j1k2l3',
  'password=CANARYpass-m4n5o6',
  'postgres://root:CANARYpw-p7q8r9@db.internal/llm',
  'CANARY0s1t2u3v4w5x6y7z8a9b0c1d2e3f4g5h6i7j8',
] as const;

/** Headers no client has any business seeing. */
export const CANARY_HEADERS: Readonly<Record<string, string>> = {
  'set-cookie': `session=${CANARIES[11]}`,
  server: `canary/${CANARIES[3]}`,
  'x-internal-key': CANARIES[0],
  'x-request-id': `req-${CANARIES[6]}`,
};

export type Leak = {
  readonly status: number;
  readonly call: number;
  /** The key it was called with. */
  readonly key: string;
  /** Words of the prompt. */
  readonly prompt: string;
};

/** An error message that quotes a secret (one of the twelve, always the same for the same call), the key and the prompt. */
export const leakyMessage = ({ status, call, key, prompt }: Leak): string =>
  `Because of ${CANARIES[(status + call) % CANARIES.length]} (${key}) in "${prompt}".`;
