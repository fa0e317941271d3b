import type { BindNode, CallNode, CelNode, FoldNode, SelectNode } from './ast.js';
import type { Checked } from './checker.js';
import {
  add,
  type CallEstimate,
  type CallSizes,
  fixed,
  multiply,
  type Range,
  sum,
  union,
  unknownSize,
} from './estimate.js';
import { qualifiedName } from './parser.js';
import { type CelType, types } from './type.js';
import { CelUint, type CelValue, sizeOf } from './value.js';

/** What is known of an expression's value without running it. */
interface Known {
  /** The declared type with its bounds, where the value comes from a variable. */
  readonly source: CelType | undefined;
  /** The length, where the expression itself tells. */
  readonly size: Range | undefined;
  /** The length of the elements (or keys) and values, of a list or map the expression made. */
  readonly entries: { readonly key: Range; readonly value: Range } | undefined;
}

const nothing: Known = { source: undefined, size: undefined, entries: undefined };

/** The least and greatest cost of the expression, from the bounds that the variables' types carry. */
export function estimateCost(root: CelNode, checked: Checked, variables: ReadonlyMap<string, CelType>): Range {
  return new Estimator(checked, variables).cost(root);
}

class Estimator {
  readonly #known = new Map<CelNode, Known>();
  readonly #scopes: Map<string, Known>[] = [];

  constructor(
    readonly checked: Checked,
    readonly variables: ReadonlyMap<string, CelType>,
  ) {}

  cost(node: CelNode): Range {
    switch (node.kind) {
      case 'literal':
        this.#known.set(node, { ...nothing, size: literalSize(node.value) });
        return fixed(0);
      case 'ident':
        this.#known.set(node, this.#lookUp(node.name));
        return fixed(1);
      case 'select':
        return this.#select(node);
      case 'call':
        return this.#call(node);
      case 'list': {
        const cost = sum(node.elements.map((each) => this.cost(each.value)));
        const value = this.#unionOf(node.elements.map((each) => each.value));
        this.#known.set(node, { ...nothing, size: fixed(node.elements.length), entries: { key: fixed(1), value } });
        return add(cost, fixed(10));
      }
      case 'map': {
        const cost = sum(node.entries.flatMap((each) => [this.cost(each.key), this.cost(each.value)]));
        const key = this.#unionOf(node.entries.map((each) => each.key));
        const value = this.#unionOf(node.entries.map((each) => each.value));
        this.#known.set(node, { ...nothing, size: fixed(node.entries.length), entries: { key, value } });
        return add(cost, fixed(30));
      }
      case 'struct':
        return add(sum(node.fields.map((each) => this.cost(each.value))), fixed(40));
      case 'fold':
        return this.#fold(node);
      case 'bind':
        return this.#bind(node);
    }
  }

  #typeOf(node: CelNode): CelType {
    return this.checked.types.get(node) ?? types.dyn;
  }

  #lookUp(name: string): Known {
    for (let index = this.#scopes.length - 1; index >= 0; index -= 1) {
      const found = this.#scopes[index]?.get(name);
      if (found) return found;
    }
    return { ...nothing, source: this.variables.get(name) };
  }

  #sizeOf(node: CelNode): Range {
    return knownSize(this.#known.get(node) ?? nothing, this.#typeOf(node));
  }

  #unionOf(nodes: readonly CelNode[]): Range {
    const [first, ...rest] = nodes.map((each) => this.#sizeOf(each));
    return first ? rest.reduce(union, first) : fixed(0);
  }

  #select(node: SelectNode): Range {
    if (this.checked.dotted.has(node)) return fixed(1);
    const cost = this.cost(node.operand);
    if (node.isTest) return cost;
    const operand = this.#typeOf(node.operand);
    const source = fieldOf(this.#known.get(node.operand)?.source, node.field);
    this.#known.set(node, { ...nothing, source });
    const isFree = qualifiedName(node) !== undefined && this.checked.constants.has(node);
    if (isFree) return fixed(1);
    return operand.kind === 'map' || operand.kind === 'object' || operand.kind === 'dyn' ? add(cost, fixed(1)) : cost;
  }

  #call(node: CallNode): Range {
    const isMember = node.target !== undefined && !this.checked.isGlobal.has(node);
    const operands = isMember && node.target ? [node.target, ...node.args] : node.args;
    const costs = operands.map((each) => this.cost(each));
    const [first = fixed(0), second = fixed(0), third = fixed(0)] = costs;
    const [firstNode, secondNode, thirdNode] = operands;
    if (node.name === '_&&_' || node.name === '_||_') return { min: first.min, max: add(first, second).max };
    if (node.name === '_?_:_' && secondNode && thirdNode) {
      const size = union(this.#sizeOf(secondNode), this.#sizeOf(thirdNode));
      this.#known.set(node, { ...nothing, size });
      return add(first, union(second, third));
    }
    if (!isMember && node.name === 'dyn' && firstNode) {
      const known = this.#known.get(firstNode) ?? nothing;
      this.#known.set(node, { ...known, size: this.#sizeOf(firstNode) });
      return add(first, fixed(1));
    }
    if ((node.name === '_[_]' || node.name === '_[?_]') && firstNode) {
      const known = this.#known.get(firstNode) ?? nothing;
      this.#known.set(node, { ...nothing, source: elementOf(known.source), size: known.entries?.value });
      return add(sum(costs), fixed(1));
    }
    if (node.name === '_?._' && firstNode && secondNode?.kind === 'literal') {
      const source = fieldOf(this.#known.get(firstNode)?.source, String(secondNode.value));
      this.#known.set(node, { ...nothing, source });
      return add(sum(costs), fixed(1));
    }
    const call = this.#overloads(node, operands);
    this.#known.set(node, { ...nothing, size: call.size, entries: this.#joinedEntries(node, operands) });
    return add(sum(costs), call.cost);
  }

  /** The range over all overloads that may be called. */
  #overloads(node: CallNode, operands: readonly CelNode[]): CallEstimate {
    const sizes: CallSizes = {
      sizes: operands.map((each) => this.#sizeOf(each)),
      element: operands[0] && this.#element(operands[0]),
      literal: (index) => {
        const operand = operands[index];
        return operand?.kind === 'literal' && typeof operand.value === 'bigint' && operand.value >= 0n
          ? Number(operand.value)
          : undefined;
      },
    };
    const estimates = (this.checked.overloads.get(node) ?? []).map(
      (each): CallEstimate => each.estimate?.(sizes) ?? { cost: fixed(1) },
    );
    const [first = { cost: fixed(1) }, ...rest] = estimates;
    return rest.reduce<CallEstimate>(
      (all, each) => ({
        cost: union(all.cost, each.cost),
        size: all.size && each.size ? union(all.size, each.size) : (all.size ?? each.size),
      }),
      first,
    );
  }

  #element(node: CelNode): CallSizes['element'] {
    const type = this.#typeOf(node);
    if (type.kind !== 'list') return undefined;
    const known = this.#known.get(node) ?? nothing;
    const size = known.entries?.value ?? sizeOfType(elementOf(known.source) ?? type.element);
    return { size, isText: type.element.kind === 'string' || type.element.kind === 'bytes' };
  }

  #joinedEntries(node: CallNode, operands: readonly CelNode[]): Known['entries'] {
    if (node.name !== '_+_') return undefined;
    const [a, b] = operands.map((each) => this.#known.get(each)?.entries);
    return a && b && { key: union(a.key, b.key), value: union(a.value, b.value) };
  }

  #fold(node: FoldNode): Range {
    const rangeCost = this.cost(node.range);
    const known = this.#known.get(node.range) ?? nothing;
    const rounds = this.#sizeOf(node.range);
    const isMap = this.#typeOf(node.range).kind === 'map';
    const key: Known = { ...nothing, source: keyOf(known.source), size: known.entries?.key };
    const value: Known = { ...nothing, source: elementOf(known.source), size: known.entries?.value };
    const [first = '', second] = node.variables;
    const scope = new Map([[first, second === undefined && !isMap ? value : isMap ? key : nothing]]);
    if (second !== undefined) scope.set(second, value);
    this.#scopes.push(scope);
    const filter = node.filter && this.cost(node.filter);
    const body = this.cost(node.body);
    const { start, round } = foldCosts(node, body, filter);
    this.#scopes.pop();
    const size = node.fold === 'all' || node.fold === 'exists' || node.fold === 'existsOne' ? fixed(1) : rounds;
    const bodyEntries = {
      key: fixed(1),
      value: node.fold === 'filter' ? knownSize(isMap ? key : value, types.dyn) : this.#sizeOf(node.body),
    };
    this.#known.set(node, { ...nothing, size, entries: size === rounds ? bodyEntries : undefined });
    return add(add(rangeCost, fixed(start)), multiply(rounds, round));
  }

  #bind(node: BindNode): Range {
    const init = this.cost(node.init);
    this.#scopes.push(
      new Map([[node.variable, { ...nothing, ...this.#known.get(node.init), size: this.#sizeOf(node.init) }]]),
    );
    const body = this.cost(node.body);
    this.#scopes.pop();
    this.#known.set(node, { ...(this.#known.get(node.body) ?? nothing), size: this.#sizeOf(node.body) });
    return add(add(init, body), fixed(node.bind === 'bind' ? 10 : 13));
  }
}

/** Costs of the loop a macro stands for: once, and for each element. */
function foldCosts(node: FoldNode, body: Range, filter: Range | undefined): { start: number; round: Range } {
  const guarded = (step: Range) => (filter ? add(filter, union(step, fixed(1))) : step);
  switch (node.fold) {
    case 'all':
      return { start: 1, round: { min: 3, max: add(body, fixed(3)).max } };
    case 'exists':
      return { start: 1, round: { min: 4, max: add(body, fixed(4)).max } };
    case 'existsOne':
      return { start: 2, round: add(body, { min: 1, max: 2 }) };
    case 'filter':
      return { start: 11, round: add(body, { min: 1, max: 13 }) };
    case 'map':
    case 'transformList':
      return { start: 11, round: guarded(add(body, fixed(12))) };
    case 'transformMap':
      return { start: 31, round: guarded(add(body, fixed(3))) };
    case 'transformMapEntry':
      return { start: 31, round: guarded(add(body, fixed(2))) };
  }
}

function fieldOf(source: CelType | undefined, field: string): CelType | undefined {
  if (source?.kind === 'object') return source.fields.get(field)?.type;
  return source?.kind === 'map' ? source.value : undefined;
}

function elementOf(source: CelType | undefined): CelType | undefined {
  if (source?.kind === 'list') return source.element;
  return source?.kind === 'map' ? source.value : undefined;
}

function keyOf(source: CelType | undefined): CelType | undefined {
  return source?.kind === 'map' ? source.key : undefined;
}

function literalSize(value: CelValue): Range {
  return fixed(value instanceof CelUint ? 1 : sizeOf(value));
}

function knownSize(known: Known, type: CelType): Range {
  if (known.size) return known.size;
  return known.source ? sizeOfType(known.source) : sizeOfType(type);
}

/** The length that the type alone allows. */
function sizeOfType(type: CelType): Range {
  switch (type.kind) {
    case 'string':
    case 'bytes':
    case 'list':
    case 'map':
    case 'dyn':
      return type.maxElements === undefined ? unknownSize : { min: 0, max: type.maxElements };
    case 'param':
    case 'error':
    case 'object':
    case 'opaque':
      return unknownSize;
    default:
      return fixed(1);
  }
}
