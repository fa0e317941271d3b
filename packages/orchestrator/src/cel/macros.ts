import type { CelNode, Fold } from './ast.js';

export interface MacroCall {
  readonly name: string;
  readonly target: CelNode | undefined;
  readonly args: readonly CelNode[];
  readonly position: number;
  fail(node: { readonly position: number }, message: string): Error;
}

const folds: Readonly<Record<string, Fold>> = {
  all: 'all',
  exists: 'exists',
  exists_one: 'existsOne',
  existsOne: 'existsOne',
  map: 'map',
  filter: 'filter',
  transformList: 'transformList',
  transformMap: 'transformMap',
  transformMapEntry: 'transformMapEntry',
};

/** What a call that is a macro stands for; undefined for an ordinary call. */
export function expandMacro(call: MacroCall): CelNode | undefined {
  const { name, target, args } = call;
  if (!target) return name === 'has' && args.length === 1 ? expandHas(call) : undefined;
  if (name === 'bind' && args.length === 3 && target.kind === 'ident' && target.name === 'cel')
    return bindNode(call, 'bind', args[0], args[1], args[2]);
  if ((name === 'optMap' || name === 'optFlatMap') && args.length === 2)
    return bindNode(call, name, args[0], target, args[1]);
  const fold = folds[name];
  return fold && isArity(name, args.length) ? expandFold(call, fold, target) : undefined;
}

function isArity(name: string, count: number): boolean {
  if (name.startsWith('transform')) return count === 3 || count === 4;
  if (name === 'filter') return count === 2;
  if (name === 'existsOne') return count === 2 || count === 3;
  return count === 2 || count === 3;
}

function expandHas(call: MacroCall): CelNode {
  const [argument] = call.args;
  if (argument?.kind === 'select' && !argument.isTest) return { ...argument, isTest: true };
  throw call.fail(call, 'invalid argument to has() macro');
}

function expandFold(call: MacroCall, fold: Fold, range: CelNode): CelNode {
  const { args, position } = call;
  const isMapWithFilter = fold === 'map' && args.length === 3;
  const count = fold.startsWith('transform') || (args.length === 3 && !isMapWithFilter) ? 2 : 1;
  const variables = args.slice(0, count).map((each) => variableOf(call, each));
  if (variables.length === 2 && variables[0] === variables[1])
    throw call.fail(args[1] ?? call, `duplicate variable name: ${variables[0]}`);
  const rest = args.slice(count);
  const body = rest[rest.length - 1];
  if (!body) throw call.fail(call, 'missing argument');
  return { kind: 'fold', fold, range, variables, filter: rest.length === 2 ? rest[0] : undefined, body, position };
}

function bindNode(
  call: MacroCall,
  bind: 'bind' | 'optMap' | 'optFlatMap',
  variable: CelNode | undefined,
  init: CelNode | undefined,
  body: CelNode | undefined,
): CelNode {
  if (!variable || !init || !body) throw call.fail(call, 'missing argument');
  return { kind: 'bind', bind, variable: variableOf(call, variable), init, body, position: call.position };
}

function variableOf(call: MacroCall, node: CelNode): string {
  if (node.kind !== 'ident') throw call.fail(node, 'argument must be a simple name');
  return node.name;
}
