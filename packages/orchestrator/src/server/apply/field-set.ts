import { isJsonObject, type Json } from '../../kinds/index.js';
import { canonicalElement, compareElements, type Element } from './element.js';

/**
 * A set of paths, in the very form of fieldsV1: a trie whose nodes hold what is below them. The path that ends at a
 * node belongs to the set when the node is empty or holds `.`; the root is no path, so the empty root is the empty set.
 * Sets are never changed once made, and share their parts. No node holds `.` alone.
 */
export interface FieldSet {
  readonly [element: Element]: FieldSet;
}

type Draft = Record<Element, FieldSet>;

export const emptySet: FieldSet = Object.freeze({});

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

function isMember(node: FieldSet): boolean {
  return node['.'] !== undefined || isEmptySet(node);
}

/** The node of a path that is in the set, or not, with these below it; undefined when nothing is left. */
export function nodeOf(belongs: boolean, below: FieldSet): FieldSet | undefined {
  if (isEmptySet(below)) return belongs ? {} : undefined;
  if (belongs === (below['.'] !== undefined)) return below;
  if (belongs) return { '.': {}, ...below };
  const out: Draft = {};
  for (const element in below) if (element !== '.') out[element] = below[element] as FieldSet;
  return isEmptySet(out) ? undefined : out;
}

/** What is below a node, without the node itself. */
function belowOf(node: FieldSet): FieldSet {
  return node['.'] === undefined ? node : (nodeOf(false, node) ?? emptySet);
}

/** The set below one element. */
export function below(set: FieldSet, element: Element): FieldSet {
  const node = set[element];
  return node === undefined ? emptySet : belowOf(node);
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  const out: Draft = { ...a };
  for (const element in b) {
    const own = out[element];
    const other = b[element] as FieldSet;
    out[element] = own === undefined ? other : unionOfNodes(own, other);
  }
  return out;
}

function unionOfNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a)) return nodeOf(true, b) ?? b;
  if (isEmptySet(b)) return nodeOf(true, a) ?? a;
  return union(a, b);
}

/** The paths of `a` that are not in `b`; a path below one of `b` stays. Is `a` itself when nothing goes. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return without(a, b, false);
}

/** As `difference`, and what is below a path of `b` goes with it. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return without(a, b, true);
}

function without(a: FieldSet, b: FieldSet, isDeep: boolean): FieldSet {
  let out: Draft | undefined;
  let gone: Set<Element> | undefined;
  for (const element in b) {
    if (element === '.') continue;
    const own = a[element];
    if (own === undefined) continue;
    const other = b[element] as FieldSet;
    const left = nodeWithout(own, other, isDeep);
    if (left === own) continue;
    out ??= { ...a };
    if (left !== undefined) out[element] = left;
    else {
      gone ??= new Set();
      gone.add(element);
    }
  }
  if (out === undefined) return a;
  if (gone === undefined) return out;
  // Built anew: deleting keys would make the object a slow one.
  const kept: Draft = {};
  for (const element in out) if (!gone.has(element)) kept[element] = out[element] as FieldSet;
  return kept;
}

function nodeWithout(a: FieldSet, b: FieldSet, isDeep: boolean): FieldSet | undefined {
  const goes = isMember(b);
  if (goes && isDeep) return undefined;
  const belongs = isMember(a);
  const left = without(a, b, isDeep);
  if (left === a && !(belongs && goes)) return a;
  return nodeOf(belongs && !goes, belowOf(left));
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const out: Draft = {};
  for (const element in a) {
    if (element === '.') continue;
    const other = b[element];
    if (other === undefined) continue;
    const own = a[element] as FieldSet;
    const node = nodeOf(isMember(own) && isMember(other), intersection(own, other));
    if (node) out[element] = node;
  }
  return out;
}

/** The paths that have none of the set below them. */
export function leaves(set: FieldSet): FieldSet {
  const out: Draft = {};
  for (const element in set) {
    if (element === '.') continue;
    out[element] = leaves(belowOf(set[element] as FieldSet));
  }
  return out;
}

export function hasPath(set: FieldSet, path: readonly Element[]): boolean {
  let node: FieldSet | undefined = set;
  for (const element of path) {
    node = node[element];
    if (node === undefined) return false;
  }
  return path.length > 0 && isMember(node);
}

export function setOf(...paths: readonly (readonly Element[])[]): FieldSet {
  return paths.reduce<FieldSet>((set, path) => {
    const one = path.reduceRight<FieldSet>((node, element) => ({ [element]: node }), {});
    return path.length === 0 ? set : union(set, one);
  }, emptySet);
}

/** Puts a node in at a path, into a set under construction; what was there is united with it. */
export function graft(set: FieldSet, path: readonly Element[], node: FieldSet): void {
  let place = set as Draft;
  const last = path.length - 1;
  if (last < 0) return;
  for (let index = 0; index < last; index++) {
    const element = path[index] as Element;
    const next = place[element];
    if (next === undefined) {
      const made: Draft = {};
      place[element] = made;
      place = made;
    } else {
      if (isEmptySet(next)) (next as Draft)['.'] = {};
      place = next as Draft;
    }
  }
  const element = path[last] as Element;
  const known = place[element];
  place[element] = known === undefined ? node : unionOfNodes(known, node);
}

/** All paths in order: at each level first the paths that end there. */
export function pathsOf(set: FieldSet): Element[][] {
  const out: Element[][] = [];
  collect(set, [], out);
  return out;
}

function collect(set: FieldSet, path: readonly Element[], out: Element[][]): void {
  const elements = Object.keys(set)
    .filter((element) => element !== '.')
    .sort(compareElements);
  for (const element of elements) if (isMember(set[element] as FieldSet)) out.push([...path, element]);
  for (const element of elements) collect(set[element] as FieldSet, [...path, element], out);
}

/** The same set with its elements in order, for keeping. Is `set` itself when they are. */
export function sorted(set: FieldSet): FieldSet {
  let last: Element | undefined;
  let isInOrder = true;
  for (const element in set) {
    if (last !== undefined && isBefore(element, last)) {
      isInOrder = false;
      break;
    }
    last = element;
    const node = set[element] as FieldSet;
    if (sorted(node) !== node) {
      isInOrder = false;
      break;
    }
  }
  if (isInOrder) return set;
  const elements = Object.keys(set);
  elements.sort(areFields(elements) ? undefined : compareElements);
  const out: Draft = {};
  for (const element of elements) out[element] = sorted(set[element] as FieldSet);
  return out;
}

const firstOfField = 'f'.charCodeAt(0);

/** Fields, and the dot before them, are in order as their texts are. */
function areFields(elements: readonly Element[]): boolean {
  for (const element of elements) if (element.charCodeAt(0) > firstOfField) return false;
  return true;
}

function isBefore(a: Element, b: Element): boolean {
  if (a.charCodeAt(0) <= firstOfField && b.charCodeAt(0) <= firstOfField) return a < b;
  return compareElements(a, b) < 0;
}

/** The set that a client wrote. Throws a SyntaxError for what is no fieldsV1. */
export function parseSet(value: Json | undefined): FieldSet {
  if (value === undefined || value === null) return emptySet;
  if (!isJsonObject(value)) throw new SyntaxError('fieldsV1 must be an object');
  return belowOf(parseNode(value));
}

function parseNode(value: Json): FieldSet {
  if (value === null) return {};
  if (!isJsonObject(value)) throw new SyntaxError('fieldsV1 holds objects only');
  const out: Draft = {};
  for (const [text, child] of Object.entries(value)) {
    if (text === '.' || child === undefined) continue;
    const element = canonicalElement(text);
    if (element === undefined) continue;
    const node = parseNode(child);
    const known = out[element];
    out[element] = known === undefined ? node : unionOfNodes(known, node);
  }
  return nodeOf(value['.'] !== undefined, out) ?? {};
}
