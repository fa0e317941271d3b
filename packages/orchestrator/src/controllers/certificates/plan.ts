import { X509Certificate } from 'node:crypto';
import {
  type CertificateSigningRequest,
  kubeletClientProblem,
  kubernetesSigners,
  parseCertificateRequest,
} from '../../kinds/index.js';
import { fromTime } from '../../runtime/index.js';

/** What the requester must be allowed to create for a request to be approved by itself. */
export type Permission = 'selfnodeclient' | 'nodeclient';

export type Action =
  /** Approve if the requester has one of the permissions. */
  | { readonly do: 'approve'; readonly permissions: readonly Permission[]; readonly why: string }
  | { readonly do: 'delete'; readonly uid: string; readonly why: string };

const hourMs = 60 * 60 * 1000;
const decidedMs = hourMs;
const pendingMs = 24 * hourMs;

/** Decides what becomes of a request: whether it may be approved by itself, and whether it is old. Pure. */
export function plan(request: CertificateSigningRequest, now: number): { actions: Action[]; waitSeconds?: number } {
  const due = endOf(request);
  if (due && due.at <= now) return { actions: [{ do: 'delete', uid: request.metadata.uid ?? '', why: due.why }] };
  const permissions = permissionsOf(request);
  const waitSeconds = due && (due.at - now) / 1000;
  if (permissions.length === 0) return { actions: [], waitSeconds };
  const why = 'a node asks for its client certificate';
  return { actions: [{ do: 'approve', permissions, why }], waitSeconds };
}

/** The permissions that would do, the narrowest first; none where people have to decide, or have. */
function permissionsOf({ spec, status }: CertificateSigningRequest): Permission[] {
  const isDecided = status?.conditions?.some(({ type }) => type === 'Approved' || type === 'Denied') ?? false;
  if (isDecided || (status?.certificate ?? '') !== '' || spec.signerName !== kubernetesSigners.kubeletClient) return [];
  try {
    const asked = parseCertificateRequest(spec.request);
    if (kubeletClientProblem(asked, spec.usages ?? [])) return [];
    return asked.commonName === spec.username ? ['selfnodeclient', 'nodeclient'] : ['nodeclient'];
  } catch {
    return [];
  }
}

/** When nobody needs the request any more, and why. */
function endOf({ metadata, status }: CertificateSigningRequest): { at: number; why: string } | undefined {
  const conditions = status?.conditions ?? [];
  const issued = status?.certificate ?? '';
  const ends: { at: number; why: string }[] = [];
  const add = (from: string | undefined, ms: number, why: string) => {
    const at = fromTime(from);
    if (at !== undefined) ends.push({ at: at + ms, why });
  };
  for (const { type, lastUpdateTime } of conditions) {
    if (type === 'Approved')
      if (issued === '') add(lastUpdateTime, pendingMs, 'it was approved a day ago and never signed');
      else add(lastUpdateTime, decidedMs, 'its certificate was issued an hour ago');
    if (type === 'Denied') add(lastUpdateTime, decidedMs, 'it was denied an hour ago');
    if (type === 'Failed') add(lastUpdateTime, decidedMs, 'it failed an hour ago');
  }
  if (conditions.length === 0) add(metadata.creationTimestamp, pendingMs, 'nobody decided on it for a day');
  if (issued !== '') add(expiryOf(issued), 0, 'its certificate has expired');
  return ends.sort((a, b) => a.at - b.at)[0];
}

function expiryOf(certificate: string): string | undefined {
  try {
    return new X509Certificate(Buffer.from(certificate, 'base64')).validTo;
  } catch {
    return undefined;
  }
}
