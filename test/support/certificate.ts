// A certificate for servers on loopback, made when it is needed; whoever is to believe it is given it as an authority (NODE_EXTRA_CA_CERTS).
import { execFile } from 'node:child_process';
import { chmod, copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Certificate = { readonly certificate: string; readonly key: string };

/** Needs openssl. @returns paths in that folder */
export const makeCertificate = async (folder: string): Promise<Certificate> => {
  const made = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') };
  const kind = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(' ');
  const whose = ['-subj', '/CN=bourse test', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  await run('openssl', [...kind, ...whose, '-keyout', made.key, '-out', made.certificate]);
  return made;
};

/** PostgreSQL reads a key only where it is its own user's and nobody else's. */
export const postgresTls = async ({ certificate, key }: Certificate): Promise<readonly string[]> => {
  const own = `${key}.postgres`;
  await copyFile(key, own);
  await chmod(own, 0o600);
  // The folder is ours alone; it has to let PostgreSQL's user through.
  await chmod(dirname(key), 0o711);
  if (process.getuid?.() === 0) await run('chown', ['postgres', own]);
  return ['ssl=on', `ssl_cert_file=${certificate}`, `ssl_key_file=${own}`];
};

/** On a port of its own, beside the one in the clear. */
export const redisTls = ({ certificate, key }: Certificate, port: number): readonly string[] => [
  '--tls-port',
  String(port),
  '--tls-cert-file',
  certificate,
  '--tls-key-file',
  key,
  '--tls-ca-cert-file',
  certificate,
  '--tls-auth-clients',
  'no',
];
