// Which peer addresses may speak to the router.
import { BlockList, isIP } from 'node:net';

export type AddressList = {
  /** The address of the socket's peer, as node gives it; never a header's. */
  allows(address: string | undefined): boolean;
};

const V4_MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

type Family = 'ipv4' | 'ipv6';

const familyOf = (address: string): Family | undefined => {
  const version = isIP(address);
  if (version === 4) return 'ipv4';
  return version === 6 ? 'ipv6' : undefined;
};

/** Dual-stack sockets show IPv4 peers as ::ffff:10.0.0.1: a v4 rule must hold for them too. Zones (%eth0) go. */
const plain = (address: string): string => V4_MAPPED.exec(address)?.[1] ?? address.replace(/%.*$/, '');

const WIDEST = { ipv4: 32, ipv6: 128 } as const;
const PREFIX = /^\d{1,3}$/;

const addRange = (list: BlockList, range: string): void => {
  const [written = '', prefix, ...rest] = range.split('/');
  const address = plain(written);
  const family = familyOf(address);
  const fault = `not an address or a range such as 10.0.0.0/8 or fd00::/8: ${range}`;
  if (!family || rest.length > 0 || (prefix !== undefined && !PREFIX.test(prefix))) throw new RangeError(fault);
  // The prefix of a mapped range would count bits of the v6 form; nobody means that.
  if (address !== written && prefix !== undefined) throw new RangeError(`write the range ${range} as IPv4`);
  const bits = prefix === undefined ? WIDEST[family] : Number(prefix);
  if (bits > WIDEST[family]) throw new RangeError(fault);
  list.addSubnet(address, bits, family);
};

/**
 * An empty list allows everyone. Otherwise only what is listed, and nobody whose address is not known.
 * @throws RangeError on an entry that is no address or range
 */
export const createAddressList = (ranges: readonly string[]): AddressList => {
  const list = new BlockList();
  for (const range of ranges) addRange(list, range);
  return {
    allows: (address) => {
      if (ranges.length === 0) return true;
      const peer = address === undefined ? '' : plain(address);
      const family = familyOf(peer);
      return family !== undefined && list.check(peer, family);
    },
  };
};
