import type { Labels, NetworkPolicy } from '../../kinds/index.js';

export interface NamedPort {
  readonly name?: string;
  /** `TCP`, `UDP` or `SCTP`. */
  readonly protocol: string;
  readonly port: number;
}

/** A pod that has an address of its own; pods on the machine's network have none. */
export interface PodFact {
  readonly namespace: string;
  readonly name: string;
  readonly ip: string;
  readonly labels: Labels;
  readonly ports: readonly NamedPort[];
}

/**
 * Something that the machine itself serves to pods on the bridge's address, such as the cluster's DNS. Policies select it by labels
 * as they would the pod that serves it elsewhere; it is its ports only, as the address is shared.
 */
export interface HostPeer {
  readonly namespace: string;
  readonly labels: Labels;
  readonly ip: string;
  readonly ports: readonly NamedPort[];
}

/** What is known when rules are planned. */
export interface Observed {
  readonly podCidr: string;
  readonly pods: readonly PodFact[];
  readonly hostPeers: readonly HostPeer[];
  readonly namespaces: ReadonlyMap<string, Labels>;
  readonly policies: readonly NetworkPolicy[];
}

export type SetType = 'address' | 'endpoint';

/** The rules as data: sets and chains are named by what they mean, so that equal parts are shared and stay as they are. */
export interface PolicyRules {
  readonly sets: ReadonlyMap<string, { readonly type: SetType; readonly elements: ReadonlySet<string> }>;
  /** In the order in which they can be written: a chain jumps only to those before it. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  readonly known: ReadonlySet<string>;
  /** Chain by address, of pods that are isolated in that direction. */
  readonly ingress: ReadonlyMap<string, string>;
  readonly egress: ReadonlyMap<string, string>;
}
