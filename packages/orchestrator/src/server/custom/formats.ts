import { isIP, isIPv4, isIPv6 } from 'node:net';

const hostname =
  /^[a-zA-Z0-9](?:[-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)*\.?$/;
const dateTime = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const uuid = (version: string) =>
  new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$`, 'i');
const uuids = { any: uuid('[0-9a-f]'), three: uuid('3'), four: uuid('4'), five: uuid('5') };
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const goDuration = /^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const wordyDuration =
  /^(?:\d+(?:\.\d+)?\s*(?:ns|us|ms|s|m|h|d|w|nano|nanosecond|micro|milli|sec|second|min|minute|hr|hour|day|week)s?\s*)+$/i;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

const isDate = (value: string) => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));

function isCidr(value: string): boolean {
  const [address = '', length = '', ...rest] = value.split('/');
  return (
    rest.length === 0 &&
    /^\d{1,3}$/.test(length) &&
    isIP(address) !== 0 &&
    Number(length) <= (isIPv4(address) ? 32 : 128)
  );
}

function isUri(value: string): boolean {
  return value.startsWith('/') || URL.canParse(value);
}

/** The formats a custom resource's strings are held to; any other is a remark. */
const formats: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ['date', isDate],
  ['date-time', (value) => dateTime.test(value) && !Number.isNaN(Date.parse(value.toUpperCase()))],
  ['datetime', (value) => dateTime.test(value) && !Number.isNaN(Date.parse(value.toUpperCase()))],
  ['duration', (value) => goDuration.test(value) || wordyDuration.test(value)],
  ['byte', (value) => base64.test(value)],
  ['uri', isUri],
  ['email', (value) => /^[^\s@<>]+@[^\s@<>]+$/.test(value)],
  ['hostname', (value) => value.length <= 255 && hostname.test(value)],
  ['ipv4', isIPv4],
  ['ipv6', isIPv6],
  ['ip', (value) => isIP(value) !== 0],
  ['cidr', isCidr],
  ['mac', (value) => /^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4,6}[0-9a-f]{2}$/i.test(value)],
  ['uuid', (value) => uuids.any.test(value)],
  ['uuid3', (value) => uuids.three.test(value)],
  ['uuid4', (value) => uuids.four.test(value)],
  ['uuid5', (value) => uuids.five.test(value)],
  ['hexcolor', (value) => /^#?(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(value)],
  ['k8s-short-name', (value) => value.length <= 63 && label.test(value)],
  ['k8s-long-name', (value) => value.length <= 253 && value.split('.').every((each) => label.test(each))],
]);

export function isFormat(format: string, value: string): boolean {
  return formats.get(format)?.(value) ?? true;
}
