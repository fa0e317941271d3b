import type { PodInfo } from './pod-info.js';
import type { NodeState, Snapshot } from './snapshot.js';

/** Answers for the whole pod before any node is looked at: a reason why no node can do, or undefined. */
export interface PreFilterPlugin {
  readonly name: string;
  preFilter(pod: PodInfo, snapshot: Snapshot): string | undefined;
}

/** Says why a pod cannot run on a node, in the words users are shown; an empty list means that it can. */
export interface FilterPlugin {
  readonly name: string;
  filter(pod: PodInfo, node: NodeState): readonly string[];
}

/** Rates the nodes that passed, each from 0 to 100, in their order. */
export interface ScorePlugin {
  readonly name: string;
  readonly weight: number;
  score(pod: PodInfo, nodes: readonly NodeState[]): readonly number[];
}

/** Holds something for a pod from the decision until it is bound; `unreserve` undoes it and may come without a `reserve`. */
export interface ReservePlugin {
  readonly name: string;
  reserve(pod: PodInfo, nodeName: string): void;
  unreserve(pod: PodInfo, nodeName: string): void;
}

/** Tells the cluster. `false`: not mine to bind, ask the next. */
export interface BindPlugin {
  readonly name: string;
  bind(pod: PodInfo, nodeName: string): Promise<boolean>;
}

/** What the scheduler is made of. The first three are pure and all that `plan` uses. */
export interface Plugins {
  readonly preFilters: readonly PreFilterPlugin[];
  readonly filters: readonly FilterPlugin[];
  readonly scores: readonly ScorePlugin[];
}
