import { type Level, roomForChildren } from './quotas.rules.js';

/** One scope's limit of one resource. */
export interface LimitNode {
  readonly scopeId: string;
  readonly level: Level;
  readonly parentId: string | null;
  /** With what grants add. */
  readonly limit: bigint;
  readonly overcommitPercent: number;
}

export interface Excess {
  readonly scopeId: string;
  readonly level: Level;
  /** What the children sum to, and what they may. */
  readonly sum: bigint;
  readonly room: bigint;
}

/**
 * Where the children's limits sum to more than their parent's: a project without a limit passes on what its environments have.
 * `nodes` are one tenant's limits of one resource.
 */
export function findExcesses(nodes: readonly LimitNode[]): readonly Excess[] {
  const projects = new Set(nodes.filter(({ level }) => level === 'project').map(({ scopeId }) => scopeId));
  return nodes.flatMap((node) => {
    if (node.level === 'environment') return [];
    const children = nodes.filter((child) => isUnder(child, node, projects));
    const sum = children.reduce((total, child) => total + child.limit, 0n);
    const room = roomForChildren(node.limit, node.overcommitPercent);
    return sum > room ? [{ scopeId: node.scopeId, level: node.level, sum, room }] : [];
  });
}

/** An excess that the change makes, or makes worse. One that was there before (a grant has ended, say) does not forbid a step down. */
export const findNewExcess = (before: readonly LimitNode[], after: readonly LimitNode[]): Excess | undefined =>
  findNewExcesses(before, after)[0];

/** All of these. */
export function findNewExcesses(before: readonly LimitNode[], after: readonly LimitNode[]): readonly Excess[] {
  const old = findExcesses(before);
  return findExcesses(after).filter((excess) => {
    const was = old.find(({ scopeId }) => scopeId === excess.scopeId);
    return !was || excess.sum - excess.room > was.sum - was.room;
  });
}

function isUnder(child: LimitNode, parent: LimitNode, projects: ReadonlySet<string>): boolean {
  if (parent.level === 'project') return child.level === 'environment' && child.parentId === parent.scopeId;
  return child.level === 'project' || (child.level === 'environment' && !projects.has(child.parentId ?? ''));
}
