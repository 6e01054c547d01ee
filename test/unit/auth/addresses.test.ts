import { describe, expect, it } from 'vitest';
import { createAddressList } from '../../../src/auth/addresses.ts';

const RANGES = ['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '::1'];

describe('an address list', () => {
  const list = createAddressList(RANGES);

  it.each([
    '10.0.0.1',
    '10.255.255.255',
    '192.0.2.7',
    '::ffff:10.1.2.3',
    '::FFFF:192.0.2.7',
    '::ffff:a01:203',
    'fd12::1',
    'fd12::1%eth0',
    '::1',
    '0:0:0:0:0:0:0:1',
  ])('lets %s in', (address) => expect(list.allows(address)).toBe(true));

  it.each([
    '11.0.0.1',
    '9.255.255.255',
    '192.0.2.8',
    '::ffff:11.0.0.1',
    '::ffff:b01:203',
    '::2',
    'fe80::1',
    '10.0.0.1, 8.8.8.8',
    '010.0.0.1',
    '10.1',
    'localhost',
    '',
  ])('keeps %j out', (address) => expect(list.allows(address)).toBe(false));

  it('keeps a peer without an address out', () => expect(list.allows(undefined)).toBe(false));

  it('that is empty lets everyone in', () => {
    expect(createAddressList([]).allows('203.0.113.9')).toBe(true);
    expect(createAddressList([]).allows(undefined)).toBe(true);
  });

  it('takes whole ranges of each family', () => {
    expect(createAddressList(['0.0.0.0/0']).allows('203.0.113.9')).toBe(true);
    expect(createAddressList(['0.0.0.0/0']).allows('2001:db8::1')).toBe(false);
    expect(createAddressList(['::ffff:10.0.0.1']).allows('10.0.0.1')).toBe(true);
  });

  it.each([
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'fd00::/129',
    '10.0.0.0/-1',
    '10.0.0.0/0x8',
    '',
    '::ffff:10.0.0.0/8',
  ])('is not made with %j', (range) => expect(() => createAddressList([range])).toThrow(RangeError));
});
