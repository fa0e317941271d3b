import { CelError } from '../error.js';
import { perCharacter, traversal } from '../estimate.js';
import { type Costs, fn, instance, member, type Overload, text } from '../overload.js';
import { ArrayList, CelOpaque, type CelValue, EntryMap, sizeOf } from '../value.js';

class UrlValue extends CelOpaque {
  readonly typeName = 'kubernetes.URL';
  constructor(
    readonly text: string,
    readonly scheme: string,
    readonly host: string,
    readonly path: string,
    readonly query: string,
  ) {
    super();
  }
  equals(other: CelOpaque): boolean {
    return other instanceof UrlValue && other.text === this.text;
  }
}

const pattern = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?]*)(?:\?(.*))?$/s;

/** What Go's ParseRequestURI takes: an absolute URL or an absolute path; a `#` is part of the path. Undefined for anything else. */
export function parseUrl(value: string): UrlValue | undefined {
  const match = pattern.exec(value);
  if (!match || value === '' || /[\x00-\x1f\x7f]/.test(value)) return undefined;
  const [, scheme = '', authority, path = '', query = ''] = match;
  if (scheme === '' && !value.startsWith('/')) return undefined;
  if (scheme !== '' && authority === undefined && path !== '' && !path.startsWith('/')) return undefined;
  if (scheme !== '' && authority === undefined && path === '') return undefined;
  const host = (authority ?? '').slice((authority ?? '').lastIndexOf('@') + 1);
  const port = /^(?:\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(host);
  if (!port || (port[1] !== undefined && !/^\d*$/.test(port[1]))) return undefined;
  if (/[\s<>"{}|\\^`]/.test(host) || !isEscaped(path) || !isEscaped(host)) return undefined;
  return new UrlValue(value, scheme.toLowerCase(), host, path, query);
}

function isEscaped(value: string): boolean {
  return !/%(?![0-9a-fA-F]{2})/.test(value);
}

const url = instance(UrlValue);

function hostname({ host }: UrlValue): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host);
  return bracketed ? (bracketed[1] ?? '') : (host.split(':')[0] ?? '');
}

function port({ host }: UrlValue): string {
  return /:(\d*)$/.exec(host.replace(/^\[[^\]]*\]/, ''))?.[1] ?? '';
}

/** The path with its escapes as Go would write them. */
function escapedPath({ path }: UrlValue): string {
  return path.replace(/[^A-Za-z0-9\-_.~$&+,/:;=@%!'()*[\]]/gu, (each) => encodeURIComponent(each));
}

function query({ query: text }: UrlValue): CelValue {
  const values = new Map<string, string[]>();
  for (const pair of text.split('&').filter((each) => each !== '' && !each.includes(';'))) {
    const [key = '', ...rest] = pair.split('=');
    try {
      const decode = (part: string) => decodeURIComponent(part.replaceAll('+', ' '));
      const name = decode(key);
      values.set(name, [...(values.get(name) ?? []), decode(rest.join('='))]);
    } catch {
      // Go leaves out what it cannot decode.
    }
  }
  const map = new EntryMap();
  for (const [key, all] of values) map.add(key, new ArrayList(all));
  return map;
}

function parse(value: string): UrlValue {
  const parsed = parseUrl(value);
  if (!parsed)
    throw new CelError(
      `URL parse error during conversion from string: parse ${JSON.stringify(value)}: invalid URI for request`,
    );
  return parsed;
}

const parsing: Costs = { cost: (args) => Math.ceil(sizeOf(args[0] ?? null) * perCharacter), estimate: traversal(0) };
const name = 'kubernetes.URL';

export const urls: readonly Overload[] = [
  fn(`url(string): ${name}`, (a) => parse(text(a)), parsing),
  fn('isURL(string): bool', (a) => parseUrl(text(a)) !== undefined),
  member(`${name}.getScheme(): string`, (a) => url(a).scheme),
  member(`${name}.getHost(): string`, (a) => url(a).host),
  member(`${name}.getHostname(): string`, (a) => hostname(url(a))),
  member(`${name}.getPort(): string`, (a) => port(url(a))),
  member(`${name}.getEscapedPath(): string`, (a) => escapedPath(url(a))),
  member(`${name}.getQuery(): map<string, list<string>>`, (a) => query(url(a))),
];
