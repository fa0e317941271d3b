import type { CelNode } from './ast.js';
import { CelCompileError } from './error.js';
import { syntaxError, type Token, tokenize } from './lexer.js';
import { expandMacro } from './macros.js';
import { types } from './type.js';

const reserved = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);
const maxDepth = 250;
/** Upstream's bound on the text of an expression, in characters. */
const maxLength = 100_000;

const binary: readonly (readonly string[])[] = [
  ['<', '<=', '>', '>=', '==', '!=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
];

/** The expression's tree. Throws a CelCompileError. */
export function parseCel(expression: string): CelNode {
  if (expression.length > maxLength)
    throw new CelCompileError('', [
      {
        message: `expression code point size exceeds limit: size: ${expression.length}, limit ${maxLength}`,
        position: 0,
      },
    ]);
  return new Parser(expression).parse();
}

class Parser {
  readonly #input: string;
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;

  constructor(input: string) {
    this.#input = input;
    this.#tokens = tokenize(input);
  }

  parse(): CelNode {
    const node = this.#expression();
    if (this.#next.kind !== 'end') throw this.#unexpected();
    return node;
  }

  get #next(): Token {
    return this.#tokens[this.#index] ?? { kind: 'end', text: '<EOF>', position: this.#input.length };
  }

  #take(): Token {
    const token = this.#next;
    this.#index += 1;
    return token;
  }

  #is(symbol: string): boolean {
    return this.#next.kind === 'symbol' && this.#next.text === symbol;
  }

  #accept(symbol: string): Token | undefined {
    return this.#is(symbol) ? this.#take() : undefined;
  }

  #expect(symbol: string): Token {
    if (this.#is(symbol)) return this.#take();
    throw syntaxError(this.#input, this.#next.position, `mismatched input '${this.#next.text}' expecting '${symbol}'`);
  }

  #unexpected(): Error {
    const { text, position } = this.#next;
    return syntaxError(this.#input, position, `mismatched input '${text}' expecting an expression`);
  }

  #deeper<T>(parse: () => T): T {
    this.#depth += 1;
    if (this.#depth > maxDepth)
      throw new CelCompileError(this.#input, [
        { message: `expression recursion limit exceeded: ${maxDepth}`, position: this.#next.position },
      ]);
    const result = parse();
    this.#depth -= 1;
    return result;
  }

  #expression(): CelNode {
    return this.#deeper(() => {
      const condition = this.#logical('||', '_||_', () => this.#logical('&&', '_&&_', () => this.#binary(0)));
      const question = this.#accept('?');
      if (!question) return condition;
      const yes = this.#logical('||', '_||_', () => this.#logical('&&', '_&&_', () => this.#binary(0)));
      this.#expect(':');
      return operator('_?_:_', question.position, [condition, yes, this.#expression()]);
    });
  }

  #logical(symbol: string, name: string, parse: () => CelNode): CelNode {
    const terms: CelNode[] = [parse()];
    const positions: number[] = [];
    for (let token = this.#accept(symbol); token; token = this.#accept(symbol)) {
      positions.push(token.position);
      terms.push(parse());
    }
    return balance(name, terms, positions, 0, terms.length - 1);
  }

  #binary(level: number): CelNode {
    const symbols = binary[level];
    if (!symbols) return this.#unary();
    let left = this.#binary(level + 1);
    let count = 0;
    while (this.#next.kind === 'symbol' && symbols.includes(this.#next.text)) {
      const token = this.#take();
      count += 1;
      if (count > maxDepth)
        throw new CelCompileError(this.#input, [
          { message: `expression recursion limit exceeded: ${maxDepth}`, position: token.position },
        ]);
      const name = token.text === 'in' ? '@in' : `_${token.text}_`;
      left = operator(name, token.position, [left, this.#binary(level + 1)]);
    }
    return left;
  }

  #unary(): CelNode {
    const token = this.#accept('!') ?? this.#accept('-');
    if (!token) return this.#checkedLiteral(this.#postfix());
    let count = 1;
    while (this.#accept(token.text)) count += 1;
    const isNegative = token.text === '-';
    if (isNegative && count % 2 === 1) {
      const next = this.#next;
      if (next.kind === 'literal' && typeof next.value === 'bigint')
        return this.#postfix({ kind: 'literal', value: -next.value, type: types.int, position: token.position });
      if (next.kind === 'literal' && typeof next.value === 'number')
        return this.#postfix({ kind: 'literal', value: -next.value, type: types.double, position: token.position });
    }
    const operand = this.#deeper(() => this.#unary());
    return count % 2 === 0 ? operand : operator(isNegative ? '-_' : '!_', token.position, [operand]);
  }

  #checkedLiteral(node: CelNode): CelNode {
    if (node.kind === 'literal' && typeof node.value === 'bigint' && node.value >= 2n ** 63n)
      throw syntaxError(this.#input, node.position, 'invalid int literal');
    return node;
  }

  /** `negative` is a literal whose sign was read already and whose digits are the next token. */
  #postfix(negative?: CelNode): CelNode {
    if (negative) this.#take();
    let node = negative ?? this.#primary();
    for (let count = 0; ; count += 1) {
      if (count > maxDepth)
        throw new CelCompileError(this.#input, [
          { message: `expression recursion limit exceeded: ${maxDepth}`, position: this.#next.position },
        ]);
      const dot = this.#accept('.');
      const bracket = dot ? undefined : this.#accept('[');
      const brace = dot || bracket || !this.#is('{') ? undefined : qualifiedName(node);
      if (dot) node = this.#member(node, dot.position);
      else if (bracket) {
        const isOptional = this.#accept('?') !== undefined;
        const index = this.#expression();
        this.#expect(']');
        node = operator(isOptional ? '_[?_]' : '_[_]', bracket.position, [node, index]);
      } else if (brace) node = this.#struct(brace);
      else return node;
    }
  }

  #member(operand: CelNode, position: number): CelNode {
    const isOptional = this.#accept('?') !== undefined;
    const token = this.#take();
    if (token.kind !== 'identifier')
      throw syntaxError(this.#input, token.position, `mismatched input '${token.text}' expecting IDENTIFIER`);
    if (isOptional) {
      const field: CelNode = { kind: 'literal', value: token.text, type: types.string, position: token.position };
      return operator('_?._', position, [operand, field]);
    }
    const open = this.#accept('(');
    if (!open) return { kind: 'select', operand, field: token.text, isTest: false, position };
    return this.#call(token.text, operand, open.position);
  }

  #call(name: string, target: CelNode | undefined, position: number): CelNode {
    const args: CelNode[] = [];
    if (!this.#is(')'))
      do args.push(this.#expression());
      while (this.#accept(','));
    this.#expect(')');
    const fail = (node: { readonly position: number }, message: string) =>
      new CelCompileError(this.#input, [{ message, position: node.position }]);
    return expandMacro({ name, target, args, position, fail }) ?? { kind: 'call', name, target, args, position };
  }

  #primary(): CelNode {
    const token = this.#next;
    if (token.kind === 'literal' && token.value !== undefined && token.type) {
      this.#take();
      return { kind: 'literal', value: token.value, type: token.type, position: token.position };
    }
    if (this.#accept('(')) {
      const node = this.#expression();
      this.#expect(')');
      return node;
    }
    if (this.#is('[')) return this.#list();
    if (this.#is('{')) return this.#map();
    // A leading dot names from the root container, which is the only one there is.
    const hasDot = this.#accept('.') !== undefined;
    if (this.#next.kind !== 'identifier') throw this.#unexpected();
    const name = this.#take();
    if (!hasDot && reserved.has(name.text))
      throw syntaxError(this.#input, name.position, `reserved identifier: ${name.text}`);
    const open = this.#accept('(');
    if (open) return this.#call(name.text, undefined, open.position);
    return { kind: 'ident', name: name.text, position: name.position };
  }

  #list(): CelNode {
    const { position } = this.#take();
    const elements: { value: CelNode; isOptional: boolean }[] = [];
    while (!this.#is(']')) {
      const isOptional = this.#accept('?') !== undefined;
      elements.push({ value: this.#expression(), isOptional });
      if (!this.#accept(',')) break;
    }
    this.#expect(']');
    return { kind: 'list', elements, position };
  }

  #map(): CelNode {
    const { position } = this.#take();
    const entries: { key: CelNode; value: CelNode; isOptional: boolean }[] = [];
    while (!this.#is('}')) {
      const isOptional = this.#accept('?') !== undefined;
      const key = this.#expression();
      this.#expect(':');
      entries.push({ key, value: this.#expression(), isOptional });
      if (!this.#accept(',')) break;
    }
    this.#expect('}');
    return { kind: 'map', entries, position };
  }

  #struct(typeName: string): CelNode {
    const { position } = this.#expect('{');
    const fields: { name: string; value: CelNode; isOptional: boolean; position: number }[] = [];
    while (!this.#is('}')) {
      const isOptional = this.#accept('?') !== undefined;
      const name = this.#take();
      if (name.kind !== 'identifier')
        throw syntaxError(this.#input, name.position, `mismatched input '${name.text}' expecting IDENTIFIER`);
      const colon = this.#expect(':');
      fields.push({ name: name.text, value: this.#expression(), isOptional, position: colon.position });
      if (!this.#accept(',')) break;
    }
    this.#expect('}');
    return { kind: 'struct', typeName, fields, position };
  }
}

function operator(name: string, position: number, args: readonly CelNode[]): CelNode {
  return { kind: 'call', name, target: undefined, args, position };
}

/** A long chain of `&&` becomes a tree of logarithmic depth. */
function balance(
  name: string,
  terms: readonly CelNode[],
  positions: readonly number[],
  low: number,
  high: number,
): CelNode {
  const only = terms[low];
  if (low === high && only) return only;
  const middle = Math.floor((low + high + 1) / 2);
  return operator(name, positions[middle - 1] ?? 0, [
    balance(name, terms, positions, low, middle - 1),
    balance(name, terms, positions, middle, high),
  ]);
}

/** `a.b.c`, or undefined where the node is anything else. */
export function qualifiedName(node: CelNode): string | undefined {
  if (node.kind === 'ident') return node.name;
  if (node.kind !== 'select' || node.isTest) return undefined;
  const operand = qualifiedName(node.operand);
  return operand === undefined ? undefined : `${operand}.${node.field}`;
}
