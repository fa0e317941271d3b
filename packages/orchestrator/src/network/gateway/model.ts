import { createHash } from 'node:crypto';

/** What the gateway has to do, with Kubernetes' objects already resolved. Weights are thousandths and sum to 1000. */
export interface GatewayModel {
  readonly rules: readonly Rule[];
  readonly backends: readonly Backend[];
  /** Served beside the default one. */
  readonly certificates?: readonly Certificate[];
}

/** Shown to who asks for the host name in the TLS handshake, whatever names stand in the certificate. */
export interface Certificate {
  /** Under `certificates/`; named after what is in it and the host, so a file never changes. */
  readonly file: string;
  /** `shop.example.org` or `*.example.org`, which is one label more. */
  readonly host: string;
  /** The chain and its private key. Never logged. */
  readonly pem: string;
}

export interface Backend {
  /** HAProxy's name of it: `shop_web_8080`. */
  readonly name: string;
  /** `100.64.0.7:8080`, sorted. */
  readonly servers: readonly string[];
}

/** One match of one rule of an HTTPRoute, for one host. Rules of a host are in the order they are to be tried. */
export interface Rule {
  /** Stable while the route's name and the rule's place in it stay. */
  readonly id: string;
  /** `shop.example.org`, `*.example.org` or `*`. */
  readonly host: string;
  readonly path: PathMatch;
  readonly conditions: readonly Condition[];
  readonly targets: readonly Target[];
  readonly filters: readonly Filter[];
  readonly mirrors: readonly Mirror[];
  /** Whose requests stay with one target; absent: each request is counted out anew. */
  readonly stickyBy?: StickyBy;
  readonly timeoutMs?: number;
  /** How long a request waits where its target has no server; absent: not at all. */
  readonly holdSeconds?: number;
}

/** Sends a copy of `share` thousandths of the requests to a backend as well; its answers are thrown away. */
export interface Mirror {
  readonly backend: string;
  readonly share: number;
}

/** Where a request's user key is; `gateway`: in a cookie that the gateway sets. Another seed deals the users out differently. */
export interface StickyBy {
  readonly key: 'gateway' | `cookie:${string}` | `header:${string}`;
  readonly seed: string;
}

export interface PathMatch {
  readonly type: 'Exact' | 'PathPrefix' | 'RegularExpression';
  readonly value: string;
}

export type Condition =
  | { readonly on: 'method'; readonly value: string }
  /** Of a route that hangs on listeners of one kind alone. */
  | { readonly on: 'scheme'; readonly value: 'http' | 'https' }
  | {
      readonly on: 'header' | 'query';
      readonly name: string;
      readonly type: 'Exact' | 'RegularExpression';
      readonly value: string;
    };

export interface Target {
  /** A backend's name, or `invalid` for a reference that leads nowhere: such requests are answered 500, as Gateway API says. */
  readonly backend: string;
  readonly weight: number;
}

interface HeaderChange {
  readonly set: readonly { name: string; value: string }[];
  readonly add: readonly { name: string; value: string }[];
  readonly remove: readonly string[];
}

export type Filter =
  | ({ readonly do: 'request-headers' } & HeaderChange)
  | ({ readonly do: 'response-headers' } & HeaderChange)
  | {
      readonly do: 'redirect';
      readonly scheme?: string;
      readonly hostname?: string;
      readonly port?: number;
      readonly path?: PathChange;
      readonly statusCode: number;
    }
  | { readonly do: 'rewrite'; readonly hostname?: string; readonly path?: PathChange };

export type PathChange =
  | { readonly type: 'full'; readonly value: string }
  | { readonly type: 'prefix'; readonly prefix: string; readonly value: string };

export const invalidBackend = 'invalid';
/** The server of every backend that is asked where no other is left: a frontend of the gateway's own, where requests wait. */
export const heldServer = 'held';

export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}

/** Shares `weights` out to thousandths that sum to exactly 1000 (largest remainder); all zero stays all zero. */
export function toThousandths(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum === 0) return weights.map(() => 0);
  const exact = weights.map((weight) => (weight * 1000) / sum);
  const shares = exact.map(Math.floor);
  const order = exact.map((value, index) => ({ index, rest: value - Math.floor(value) }));
  order.sort((a, b) => b.rest - a.rest || a.index - b.index);
  let left = 1000 - shares.reduce((total, share) => total + share, 0);
  for (const { index } of order) {
    if (left === 0) break;
    shares[index] = (shares[index] ?? 0) + 1;
    left -= 1;
  }
  return shares;
}
