import type { RouteMatch } from '../applications/application-scopes.service.js';

/** A header in the words of Argo Rollouts. */
export interface HeaderMatch {
  readonly headerName: string;
  readonly headerValue: { readonly exact?: string; readonly prefix?: string; readonly regex?: string };
}

/** `RegularExpression` is about the whole value; default: `Exact`. */
export interface ValueMatch {
  readonly name: string;
  readonly type?: 'Exact' | 'RegularExpression';
  readonly value: string;
}

/** Requests in the words of Gateway API, and cookies. All that is named must hold. */
export interface RequestMatch {
  readonly headers?: readonly ValueMatch[];
  readonly cookies?: readonly ValueMatch[];
  readonly queryParams?: readonly ValueMatch[];
}

/** Gateway API has no prefix of a header's value. Argo's headers must all hold. */
export function toArgoMatch(match: readonly HeaderMatch[]): RouteMatch {
  return {
    headers: match.map(({ headerName: name, headerValue: { exact, prefix, regex } }) => {
      if (exact !== undefined) return { type: 'Exact', name, value: exact };
      const value = prefix === undefined ? (regex ?? '') : `${escapePattern(prefix)}.*`;
      return { type: 'RegularExpression', name, value };
    }),
  };
}

/** A list of one, or of none where nothing is asked: that would match everybody. */
export function toRouteMatches({ headers = [], cookies = [], queryParams = [] }: RequestMatch): readonly RouteMatch[] {
  const all = [...headers.map(withType), ...cookies.map(toCookieHeader)];
  if (all.length + queryParams.length === 0) return [];
  return [
    {
      ...(all.length > 0 ? { headers: all } : {}),
      ...(queryParams.length > 0 ? { queryParams: queryParams.map(withType) } : {}),
    },
  ];
}

const withType = ({ name, type = 'Exact', value }: ValueMatch) => ({ type, name, value });

/**
 * Gateway API has no cookies. The one named stands between semicolons: neither `xbeta=1` nor `beta=10` nor `a=beta=1` is
 * `beta=1`. A pattern of the owner's stays within the cookie as long as it does not ask for a semicolon itself.
 */
function toCookieHeader({ name, type = 'Exact', value }: ValueMatch) {
  const wanted = type === 'Exact' ? escapePattern(value) : `(${value})`;
  const pattern = `(.*;)?[ \\t]*${escapePattern(name)}=${wanted}[ \\t]*(;.*)?`;
  return { type: 'RegularExpression' as const, name: 'Cookie', value: pattern };
}

const escapePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Gateways read it in dialects of their own; what none can read is refused here. */
export function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

interface Refusal {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Gateway API looks at the first match of a header or parameter alone, and a match without any is everybody's. */
export function refuseMatch({ headers = [], cookies = [], queryParams = [] }: RequestMatch): readonly Refusal[] {
  if (headers.length + cookies.length + queryParams.length === 0) {
    return [{ path: [], message: 'Name a header, a cookie or a query parameter.' }];
  }
  const names = [...headers.map(({ name }) => name.toLowerCase())];
  const twice = names.findIndex(
    (name, index) => names.indexOf(name) < index || (name === 'cookie' && cookies.length > 0),
  );
  const again = queryParams.findIndex(({ name }, index) => queryParams.findIndex((each) => each.name === name) < index);
  return [
    ...(twice < 0 ? [] : [{ path: ['headers', twice, 'name'], message: 'This header is matched already.' }]),
    ...(again < 0 ? [] : [{ path: ['queryParams', again, 'name'], message: 'This parameter is matched already.' }]),
  ];
}
