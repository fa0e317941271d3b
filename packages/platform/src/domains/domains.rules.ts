import { createHash } from 'node:crypto';
import { joinLabel, toLabel } from '../kernel/kubernetes/dns-label.js';

/**
 * `{application}-{project}-{tenant}.<apps domain>` in production; elsewhere the environment's name stands after the application's.
 * Over 63 characters: the first 54, a dash, and 8 of the hash.
 */
export function defaultHostname(names: {
  readonly tenant: string;
  readonly project: string;
  readonly environment: string;
  readonly application: string;
  readonly appsDomain: string;
}): string {
  const { tenant, project, environment, application, appsDomain } = names;
  const parts =
    environment === 'production' ? [application, project, tenant] : [application, environment, project, tenant];
  return `${toLabel(parts.join('-'))}.${appsDomain}`;
}

/** The name for a place whose usual one another has, by the end of the place's id, of so many characters. */
export function distinctHostname(usual: string, placementId: string, size: number): string {
  const [text = '', ...domain] = usual.split('.');
  return [joinLabel(text, placementId.slice(-size)), ...domain].join('.');
}

/**
 * Where a release that waits for its promotion can be looked at. A default host name has two dashes at least and this one has
 * one, so they never meet.
 */
export function previewHostname(place: {
  readonly applicationId: string;
  readonly environmentId: string;
  readonly appsDomain: string;
}): string {
  const digest = createHash('sha256').update(`${place.applicationId}/${place.environmentId}`).digest('hex');
  return `preview-${digest.slice(0, 16)}.${place.appsDomain}`;
}

export type HostnameRefusal = { readonly code: 'malformed' | 'reserved' | 'wildcard'; readonly message: string };

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Why a host name cannot be added by hand, or undefined. Names under the apps domain are given out by Slipway alone. */
export function refuseHostname(hostname: string, appsDomain: string): HostnameRefusal | undefined {
  if (hostname.startsWith('*')) return { code: 'wildcard', message: 'A wildcard cannot be added: name each host.' };
  const labels = hostname.split('.');
  if (
    hostname.length > 253 ||
    labels.length < 2 ||
    !labels.every((part) => label.test(part)) ||
    /^[\d.]+$/.test(hostname)
  ) {
    return {
      code: 'malformed',
      message: `"${hostname}" is no host name: use lower-case labels with dots, such as shop.example.com.`,
    };
  }
  if (hostname === appsDomain || hostname.endsWith(`.${appsDomain}`) || hostname === 'localhost') {
    return {
      code: 'reserved',
      message: `Names under ${appsDomain} are given out by the platform: choose a name of your own domain.`,
    };
  }
  return undefined;
}

interface GatewayPorts {
  readonly gatewayPort: number;
  readonly gatewayTlsPort: number;
}

/** Where a domain answers: by TLS where a certificate of its own was seen, which alone a browser believes. */
export function domainUrl(
  domain: { readonly hostname: string; readonly certificate: { readonly notAfter: Date | null } | null },
  { gatewayPort, gatewayTlsPort }: GatewayPorts,
): string {
  const { hostname, certificate } = domain;
  if (!certificate?.notAfter) return hostUrl(hostname, gatewayPort);
  return gatewayTlsPort === 443 ? `https://${hostname}` : `https://${hostname}:${gatewayTlsPort}`;
}

/** Where a host answers through the gateway. */
export function hostUrl(hostname: string, gatewayPort: number): string {
  return gatewayPort === 80 ? `http://${hostname}` : `http://${hostname}:${gatewayPort}`;
}
