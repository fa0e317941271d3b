import type { CallNode, CelNode, FoldNode, ListNode, SelectNode, StructNode } from './ast.js';
import { CelCompileError, type CelIssue } from './error.js';
import type { Overload } from './overload.js';
import { qualifiedName } from './parser.js';
import {
  type CelType,
  formatType,
  isSameType,
  listOf,
  mapOf,
  type ObjectType,
  optionalOf,
  optionalValue,
  Substitution,
  types,
} from './type.js';
import { CelTypeValue } from './value.js';

/** The names an expression may use. */
export interface Names {
  readonly variables: ReadonlyMap<string, CelType>;
  readonly functions: ReadonlyMap<string, readonly Overload[]>;
  readonly typeNames: ReadonlyMap<string, CelType>;
  readonly structs: (name: string) => ObjectType | undefined;
}

/** What the checker found out, by node. */
export interface Checked {
  readonly types: ReadonlyMap<CelNode, CelType>;
  readonly overloads: ReadonlyMap<CelNode, readonly Overload[]>;
  /** Nodes that name a type: `int`, `google.protobuf.Timestamp`. */
  readonly constants: ReadonlyMap<CelNode, CelTypeValue>;
  readonly structs: ReadonlyMap<CelNode, ObjectType>;
  /** Calls whose target is a namespace: `sets.contains(…)`. */
  readonly isGlobal: ReadonlySet<CelNode>;
  /** Selections that are a variable with a dotted name: `authorizer.requestResource`. */
  readonly dotted: ReadonlyMap<CelNode, string>;
  /** The declared variables the expression reads. */
  readonly variables: ReadonlySet<string>;
}

/** The types of the tree. Throws a CelCompileError with every issue found. */
export function checkCel(expression: string, root: CelNode, names: Names): Checked {
  const checker = new Checker(names);
  checker.check(root);
  if (checker.issues.length > 0) throw new CelCompileError(expression, checker.issues);
  return checker.finish();
}

class Checker {
  readonly issues: CelIssue[] = [];
  readonly #types = new Map<CelNode, CelType>();
  readonly #overloads = new Map<CelNode, readonly Overload[]>();
  readonly #constants = new Map<CelNode, CelTypeValue>();
  readonly #structs = new Map<CelNode, ObjectType>();
  readonly #isGlobal = new Set<CelNode>();
  readonly #dotted = new Map<CelNode, string>();
  readonly #used = new Set<string>();
  readonly #solver = new Substitution();
  readonly #scopes: Map<string, CelType>[] = [];

  constructor(readonly names: Names) {}

  finish(): Checked {
    for (const [node, type] of this.#types) this.#types.set(node, this.#solver.finish(type));
    return {
      types: this.#types,
      overloads: this.#overloads,
      constants: this.#constants,
      structs: this.#structs,
      isGlobal: this.#isGlobal,
      dotted: this.#dotted,
      variables: this.#used,
    };
  }

  check(node: CelNode): CelType {
    const type = this.#typeOf(node);
    this.#types.set(node, type);
    return type;
  }

  #report(node: { readonly position: number }, message: string): CelType {
    this.issues.push({ message, position: node.position });
    return types.error;
  }

  #show(type: CelType): string {
    return formatType(this.#solver.finish(type));
  }

  #typeOf(node: CelNode): CelType {
    switch (node.kind) {
      case 'literal':
        return node.type;
      case 'ident':
        return this.#findName(node, node.name) ?? this.#undeclared(node, node.name);
      case 'select':
        return this.#select(node);
      case 'call':
        return this.#call(node);
      case 'list':
        return listOf(this.#common(node.elements.map((each) => [each.value, each.isOptional])));
      case 'map': {
        const key = this.#common(node.entries.map((each) => [each.key, false]));
        return mapOf(key, this.#common(node.entries.map((each) => [each.value, each.isOptional])));
      }
      case 'struct':
        return this.#struct(node);
      case 'fold':
        return this.#fold(node);
      case 'bind': {
        const init = this.check(node.init);
        if (node.bind === 'bind') return this.#inScope({ [node.variable]: init }, () => this.check(node.body));
        const inner = this.#optionalInner(node, init);
        const body = this.#inScope({ [node.variable]: inner }, () => this.check(node.body));
        if (node.bind === 'optMap') return optionalOf(body);
        this.#optionalInner(node.body, body);
        return body;
      }
    }
  }

  #optionalInner(node: CelNode, type: CelType): CelType {
    const inner = this.#solver.freshParameter();
    if (this.#solver.isAssignable([optionalOf(inner)], [type])) return inner;
    return this.#report(node, `expected type 'optional_type(_)' but found '${this.#show(type)}'`);
  }

  #undeclared(node: CelNode, name: string): CelType {
    return this.#report(node, `undeclared reference to '${name}' (in container '')`);
  }

  #findName(node: CelNode, name: string): CelType | undefined {
    for (let index = this.#scopes.length - 1; index >= 0; index -= 1) {
      const found = this.#scopes[index]?.get(name);
      if (found) return found;
    }
    const variable = this.names.variables.get(name);
    if (variable) {
      this.#used.add(name);
      return variable;
    }
    const named = this.names.typeNames.get(name);
    if (named) this.#constants.set(node, new CelTypeValue(name));
    return named && { kind: 'type', of: named };
  }

  #inScope<T>(variables: Readonly<Record<string, CelType>>, check: () => T): T {
    this.#scopes.push(new Map(Object.entries(variables)));
    const result = check();
    this.#scopes.pop();
    return result;
  }

  #select(node: SelectNode): CelType {
    const name = node.isTest ? undefined : qualifiedName(node);
    if (name && this.names.typeNames.has(name)) return this.#findName(node, name) ?? types.error;
    if (name && this.names.variables.has(name)) {
      this.#dotted.set(node, name);
      return this.#findName(node, name) ?? types.error;
    }
    const operand = this.#solver.resolve(this.check(node.operand));
    const inner = optionalValue(operand);
    const field = this.#field(node, inner ? this.#solver.resolve(inner) : operand, node.field);
    if (node.isTest) return types.bool;
    return inner ? optionalOf(field) : field;
  }

  #field(node: CelNode, type: CelType, field: string): CelType {
    switch (type.kind) {
      case 'error':
      case 'dyn':
        return type;
      case 'param':
        this.#solver.isAssignable([type], [types.dyn]);
        return types.dyn;
      case 'map':
        return type.value;
      case 'object':
        return type.fields.get(field)?.type ?? this.#report(node, `undefined field '${field}'`);
      default:
        return this.#report(node, `type '${this.#show(type)}' does not support field selection`);
    }
  }

  #call(node: CallNode): CelType {
    if (node.name === '_?._') return this.#optionalSelect(node);
    const { target } = node;
    const prefix = target && qualifiedName(target);
    const isGlobal = prefix !== undefined && this.names.functions.get(`${prefix}.${node.name}`) !== undefined;
    if (isGlobal) this.#isGlobal.add(node);
    const name = isGlobal ? `${prefix}.${node.name}` : node.name;
    const isMember = target !== undefined && !isGlobal;
    const operands = isMember ? [target, ...node.args] : node.args;
    const found = this.names.functions.get(name);
    if (!found && !isMember) {
      for (const operand of operands) this.check(operand);
      return this.#undeclared(node, name);
    }
    const args = operands.map((each, place) =>
      name === 'format' && place === 1 && each.kind === 'list' ? this.#mixedList(each) : this.check(each),
    );
    if (!found) return this.#undeclared(node, name);
    if (args.some((each) => this.#solver.resolve(each).kind === 'error')) return types.error;
    return this.#resolve(node, name, found, args, isMember);
  }

  #resolve(
    node: CallNode,
    name: string,
    overloads: readonly Overload[],
    args: readonly CelType[],
    isMember: boolean,
  ): CelType {
    const matching: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of overloads) {
      if (overload.isMember !== isMember || overload.parameters.length !== args.length) continue;
      const [own = types.dyn, ...parameters] = this.#solver.instantiate([overload.result, ...overload.parameters]);
      if (!this.#solver.isAssignable(parameters, args)) continue;
      matching.push(overload);
      const type = this.#solver.resolve(own);
      if (!result) result = type;
      else if (result.kind !== 'dyn' && !isSameType(result, type)) result = types.dyn;
    }
    if (!result) return this.#noOverload(node, name, args, isMember);
    this.#overloads.set(node, matching);
    if (name === 'type' && args[0]) return { kind: 'type', of: args[0] };
    return result;
  }

  #noOverload(node: CallNode, name: string, args: readonly CelType[], isMember: boolean): CelType {
    const shown = args.map((each) => this.#show(each));
    const applied = isMember ? `${shown[0]}.(${shown.slice(1).join(', ')})` : `(${shown.join(', ')})`;
    return this.#report(node, `found no matching overload for '${name}' applied to '${applied}'`);
  }

  #optionalSelect(node: CallNode): CelType {
    const [operand, field] = node.args;
    if (!operand || field?.kind !== 'literal' || typeof field.value !== 'string') return types.error;
    this.#types.set(field, types.string);
    const type = this.#solver.resolve(this.check(operand));
    const inner = optionalValue(type);
    return optionalOf(this.#field(node, inner ? this.#solver.resolve(inner) : type, field.value));
  }

  /** The one type of an aggregate's parts: upstream asks for the same type or dyn. */
  #common(nodes: readonly (readonly [CelNode, boolean])[]): CelType {
    let common: CelType | undefined;
    for (const [node, isOptional] of nodes) {
      const own = this.check(node);
      const type = isOptional ? this.#optionalInner(node, own) : own;
      if (!common || this.#solver.resolve(common).kind === 'error') common = type;
      else if (this.#solver.resolve(type).kind === 'dyn') common = types.dyn;
      else if (!this.#solver.isAssignable([common], [type]))
        this.#report(node, `expected type '${this.#show(common)}' but found '${this.#show(type)}'`);
    }
    return common ?? this.#solver.freshParameter();
  }

  /** The arguments of `format` may be of any types. */
  #mixedList(node: ListNode): CelType {
    for (const each of node.elements) this.check(each.value);
    const type = listOf(types.dyn);
    this.#types.set(node, type);
    return type;
  }

  #struct(node: StructNode): CelType {
    const type = this.names.structs(node.typeName);
    for (const field of node.fields) {
      const own = this.check(field.value);
      if (!type) continue;
      const value = field.isOptional ? this.#optionalInner(field.value, own) : own;
      const declared = type.fields.get(field.name);
      if (!declared) this.#report(field, `undefined field '${field.name}'`);
      else if (!this.#solver.isAssignable([declared.type], [value]))
        this.#report(
          field,
          `expected type of field '${field.name}' is '${formatType(declared.type)}' but provided type is '${this.#show(value)}'`,
        );
    }
    if (!type) return this.#undeclared(node, node.typeName);
    this.#structs.set(node, type);
    return type;
  }

  #fold(node: FoldNode): CelType {
    const range = this.#solver.resolve(this.check(node.range));
    const [key, value] = this.#rangeTypes(node, range);
    const [first = '', second] = node.variables;
    const single = range.kind === 'map' ? key : value;
    const variables = second === undefined ? { [first]: single } : { [first]: key, [second]: value };
    return this.#inScope(variables, () => {
      if (node.filter) this.#expectBool(node.filter);
      if (node.fold === 'all' || node.fold === 'exists' || node.fold === 'existsOne' || node.fold === 'filter') {
        this.#expectBool(node.body);
        return node.fold === 'filter' ? listOf(single) : types.bool;
      }
      const body = this.check(node.body);
      if (node.fold === 'transformMap') return mapOf(key, body);
      if (node.fold !== 'transformMapEntry') return listOf(body);
      const entry = this.#solver.resolve(body);
      if (entry.kind === 'map' || entry.kind === 'error') return entry;
      if (entry.kind === 'dyn') return mapOf(types.dyn, types.dyn);
      return this.#report(node.body, `expected type 'map(_, _)' but found '${this.#show(entry)}'`);
    });
  }

  #rangeTypes(node: FoldNode, range: CelType): [CelType, CelType] {
    switch (range.kind) {
      case 'list':
        return [types.int, range.element];
      case 'map':
        return [range.key, range.value];
      case 'dyn':
      case 'error':
        return [types.dyn, types.dyn];
      case 'param':
        this.#solver.isAssignable([range], [types.dyn]);
        return [types.dyn, types.dyn];
      default:
        this.#report(
          node.range,
          `expression of type '${this.#show(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
        );
        return [types.error, types.error];
    }
  }

  #expectBool(node: CelNode): void {
    const type = this.check(node);
    if (!this.#solver.isAssignable([types.bool], [type]))
      this.#report(node, `expected type 'bool' but found '${this.#show(type)}'`);
  }
}
