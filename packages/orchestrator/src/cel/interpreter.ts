import type { BindNode, CallNode, CelNode, ListNode, MapNode, SelectNode, StructNode } from './ast.js';
import type { Checked } from './checker.js';
import { CelError } from './error.js';
import { planFold } from './fold.js';
import type { Frame } from './frame.js';
import { accepts, type Overload } from './overload.js';
import { attempt, bool, declare, type Scope, type Step } from './step.js';
import { type CelType, types } from './type.js';
import { ArrayList, CelList, CelMap, CelOptional, type CelValue, EntryMap, StructValue } from './value.js';

/** Turns a checked tree into closures: no node is looked at again while it runs. */
export class Planner {
  constructor(readonly checked: Checked) {}

  plan(node: CelNode, scope: Scope): Step {
    const constant = this.checked.constants.get(node);
    if (constant) return () => constant;
    switch (node.kind) {
      case 'literal': {
        const { value } = node;
        return () => value;
      }
      case 'ident':
        return planIdent(node.name, scope);
      case 'select':
        return this.#select(node, scope);
      case 'call':
        return this.#call(node, scope);
      case 'list':
        return this.#list(node, scope);
      case 'map':
        return this.#map(node, scope);
      case 'struct':
        return this.#struct(node, scope);
      case 'fold':
        return planFold(node, scope, (each, inner) => this.plan(each, inner));
      case 'bind':
        return this.#bind(node, scope);
    }
  }

  #typeOf(node: CelNode): CelType {
    return this.checked.types.get(node) ?? types.dyn;
  }

  #select(node: SelectNode, scope: Scope): Step {
    const name = this.checked.dotted.get(node);
    if (name !== undefined) return planIdent(name, scope);
    const operand = this.plan(node.operand, scope);
    const { field } = node;
    if (node.isTest) return (frame) => hasField(operand(frame), field);
    return (frame) => {
      const value = operand(frame);
      frame.charge(1);
      return select(value, field);
    };
  }

  #call(node: CallNode, scope: Scope): Step {
    const isMember = node.target !== undefined && !this.checked.isGlobal.has(node);
    const nodes = isMember && node.target ? [node.target, ...node.args] : node.args;
    const steps = nodes.map((each) => this.plan(each, scope));
    const [first = nothing, second = nothing, third = nothing] = steps;
    switch (node.name) {
      case '_&&_':
        return (frame) => logical(frame, first, second, false);
      case '_||_':
        return (frame) => logical(frame, first, second, true);
      case '_?_:_':
        return (frame) => (bool(first(frame)) ? second(frame) : third(frame));
      case '_?._':
      case '_[?_]':
        return (frame) => optionalIndex(charged(frame, first(frame)), second(frame));
      case '_[_]':
        return (frame) => {
          const operand = first(frame);
          return index(charged(frame, operand), second(frame));
        };
      case 'or':
      case 'orValue':
        if (isMember) return this.#orElse(node.name === 'or', first, second);
        break;
      default:
    }
    const overloads = this.checked.overloads.get(node) ?? [];
    const isStatic = overloads.length === 1 && nodes.every((each) => isConcrete(this.#typeOf(each)));
    return invoke(overloads, steps, isStatic);
  }

  #orElse(isOptional: boolean, first: Step, second: Step): Step {
    return (frame) => {
      const value = first(frame);
      frame.charge(1);
      if (!(value instanceof CelOptional)) throw new CelError('no such overload');
      if (value.value === undefined) return second(frame);
      return isOptional ? value : value.value;
    };
  }

  #list(node: ListNode, scope: Scope): Step {
    const steps = node.elements.map((each) => ({ step: this.plan(each.value, scope), isOptional: each.isOptional }));
    return (frame) => {
      frame.charge(10);
      const items: CelValue[] = [];
      for (const { step, isOptional } of steps) {
        const value = isOptional ? optional(step(frame)) : step(frame);
        if (value !== undefined) items.push(value);
      }
      return new ArrayList(items);
    };
  }

  #map(node: MapNode, scope: Scope): Step {
    const steps = node.entries.map((each) => ({
      key: this.plan(each.key, scope),
      value: this.plan(each.value, scope),
      isOptional: each.isOptional,
    }));
    return (frame) => {
      frame.charge(30);
      const map = new EntryMap();
      for (const { key, value, isOptional } of steps) {
        const name = key(frame);
        const own = isOptional ? optional(value(frame)) : value(frame);
        if (own !== undefined && !map.add(name, own)) throw new CelError(`Failed with repeated key: ${String(name)}`);
      }
      return map;
    };
  }

  #struct(node: StructNode, scope: Scope): Step {
    const type = this.checked.structs.get(node);
    const steps = node.fields.map((each) => ({
      name: each.name,
      step: this.plan(each.value, scope),
      isOptional: each.isOptional,
    }));
    return (frame) => {
      frame.charge(40);
      if (!type) throw new CelError(`unknown type: ${node.typeName}`);
      const fields = new Map<string, CelValue>();
      for (const { name, step, isOptional } of steps) {
        const value = isOptional ? optional(step(frame)) : step(frame);
        if (value !== undefined) fields.set(name, value);
      }
      return new StructValue(type, fields);
    };
  }

  #bind(node: BindNode, scope: Scope): Step {
    const slot = scope.next;
    const init = this.plan(node.init, scope);
    const body = this.plan(node.body, declare(scope, [node.variable]));
    if (node.bind === 'bind')
      return (frame) => {
        frame.charge(10);
        frame.slots[slot] = init(frame);
        return body(frame);
      };
    const isFlat = node.bind === 'optFlatMap';
    return (frame) => {
      const value = optional(init(frame));
      frame.charge(2);
      if (value === undefined) return CelOptional.none;
      frame.slots[slot] = value;
      const result = body(frame);
      return isFlat ? result : new CelOptional(result);
    };
  }
}

const nothing: Step = () => null;

function planIdent(name: string, scope: Scope): Step {
  const slot = scope.slots.get(name);
  if (slot === undefined)
    return (frame) => {
      frame.charge(1);
      return frame.variable(name);
    };
  return (frame) => {
    frame.charge(1);
    return frame.slots[slot] ?? null;
  };
}

function charged(frame: Frame, value: CelValue): CelValue {
  frame.charge(1);
  return value;
}

function isConcrete(type: CelType): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'param':
    case 'error':
      return false;
    default:
      return true;
  }
}

/** Calls the overload that takes these values. An overload without a cost of its own costs 1. */
function invoke(overloads: readonly Overload[], steps: readonly Step[], isStatic: boolean): Step {
  return (frame) => {
    const args = steps.map((step) => step(frame));
    const overload = isStatic
      ? overloads[0]
      : overloads.find((each) => each.parameters.every((type, place) => accepts(type, args[place] ?? null)));
    if (!overload) throw new CelError('no such overload');
    // A cost that does not depend on the result is charged before the work is done.
    if (!overload.cost) frame.charge(1);
    else if (overload.cost.length < 2) frame.charge(overload.cost(args, null));
    const result = overload.run(args[0] ?? null, args[1] ?? null, args[2] ?? null, args[3] ?? null);
    if (overload.cost && overload.cost.length >= 2) frame.charge(overload.cost(args, result));
    return result;
  };
}

/** One side that decides makes the other's error not matter. */
function logical(frame: Frame, first: Step, second: Step, decisive: boolean): CelValue {
  const left = attempt(first, frame);
  if (left === decisive) return decisive;
  const right = attempt(second, frame);
  if (right === decisive) return decisive;
  if (left instanceof CelError) throw left;
  if (right instanceof CelError) throw right;
  if (typeof left !== 'boolean' || typeof right !== 'boolean') throw new CelError('no such overload');
  return !decisive;
}

function optional(value: CelValue): CelValue | undefined {
  if (value instanceof CelOptional) return value.value;
  throw new CelError('no such overload');
}

function noKey(key: string): CelError {
  return new CelError(`no such key: ${key}`);
}

function select(value: CelValue, field: string): CelValue {
  if (value instanceof CelMap) {
    const found = value.get(field);
    if (found === undefined) throw noKey(field);
    return found;
  }
  if (value instanceof CelOptional) return optionalIndex(value, field);
  throw value === null ? noKey(field) : new CelError('no such overload');
}

function hasField(value: CelValue, field: string): boolean {
  if (value instanceof CelMap) return value.get(field) !== undefined;
  if (value instanceof CelOptional) return value.value !== undefined && hasField(value.value, field);
  throw value === null ? noKey(field) : new CelError('no such overload');
}

function place(key: CelValue): number | undefined {
  if (typeof key === 'bigint') return Number(key);
  return typeof key === 'number' && Number.isInteger(key) ? key : undefined;
}

function index(value: CelValue, key: CelValue): CelValue {
  if (value instanceof CelList) {
    const at = place(key);
    if (at === undefined) throw new CelError('no such overload');
    if (at < 0 || at >= value.size) throw new CelError(`index out of bounds: ${at}`);
    return value.at(at);
  }
  if (value instanceof CelMap) {
    const found = value.get(key);
    if (found === undefined) throw noKey(String(key));
    return found;
  }
  if (value instanceof CelOptional) return optionalIndex(value, key);
  throw new CelError('no such overload');
}

function optionalIndex(operand: CelValue, key: CelValue): CelOptional {
  const value = operand instanceof CelOptional ? operand.value : operand;
  if (value === undefined) return CelOptional.none;
  if (value instanceof CelMap) {
    const found = value.get(key);
    return found === undefined ? CelOptional.none : new CelOptional(found);
  }
  if (!(value instanceof CelList)) throw value === null ? noKey(String(key)) : new CelError('no such overload');
  const at = place(key);
  if (at === undefined) throw new CelError('no such overload');
  return at < 0 || at >= value.size ? CelOptional.none : new CelOptional(value.at(at));
}
