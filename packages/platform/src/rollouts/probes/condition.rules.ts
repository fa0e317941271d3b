/**
 * Conditions on what was measured, in the words that Argo Rollouts takes from expr: `result[0] >= 0.95`,
 * `result.status == "ok" && len(result.errors) < 3`, `default(result[0], 0) < 5`.
 *
 *     or      = and { ("||" | "or") and }
 *     and     = equal { ("&&" | "and") equal }
 *     compare = sum [ ("==" | "!=" | "<=" | ">=" | "<" | ">") sum ]
 *     sum     = term { ("+" | "-") term }
 *     term    = unary { ("*" | "/" | "%") unary }
 *     unary   = ("!" | "not" | "-") unary | value
 *     value   = (number | text | true | false | nil | result | function "(" or { "," or } ")" | "(" or ")") { "." name | "[" or "]" }
 *
 * It is read here and never run as code. What is not there (no series, no such member, not a number) decides nothing.
 */
export type Condition = (result: unknown) => boolean;

/** There was nothing to decide upon. */
export class NothingMeasured extends Error {}

type Expression = (result: unknown) => unknown;
type Token = { readonly kind: 'number' | 'text' | 'name' | 'sign' | 'end'; readonly text: string; readonly at: number };

const mostTokens = 200;

/** @throws SyntaxError that says where it is no condition. */
export function parseCondition(text: string): Condition {
  const reader = new Reader(tokensOf(text));
  const expression = reader.or();
  reader.end();
  return (result) => {
    const value = expression(result);
    if (typeof value === 'boolean') return value;
    if (isNothing(value)) throw new NothingMeasured();
    throw new TypeError(`The condition says ${describe(value)} and neither true nor false.`);
  };
}

/** Why it is no condition; undefined where it is one. */
export function refuseCondition(text: string): string | undefined {
  try {
    parseCondition(text);
    return undefined;
  } catch (error) {
    return error instanceof SyntaxError ? error.message : 'No condition.';
  }
}

function tokensOf(text: string): readonly Token[] {
  const pattern =
    /\s*(?:(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<text>"(?:[^"\\]|\\["\\])*"|'(?:[^'\\]|\\['\\])*')|(?<name>[A-Za-z_]\w*)|(?<sign>\|\||&&|[=!<>]=|[-+*/%<>!()[\].,]))/y;
  const tokens: Token[] = [];
  while (text.slice(pattern.lastIndex).trim() !== '') {
    const start = pattern.lastIndex;
    const { groups } = pattern.exec(text) ?? {};
    const kind = (['number', 'text', 'name', 'sign'] as const).find((each) => groups?.[each] !== undefined);
    if (!groups || !kind) throw new SyntaxError(`No condition, at character ${start + 1}.`);
    tokens.push({ kind, text: groups[kind] ?? '', at: start + 1 });
    if (tokens.length > mostTokens) throw new SyntaxError('The condition is too long.');
  }
  return [...tokens, { kind: 'end', text: '', at: text.length + 1 }];
}

class Reader {
  private index = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  or(): Expression {
    return this.chain(
      ['||', 'or'],
      () => this.and(),
      (left, right) => (result) => truth(left(result)) || truth(right(result)),
    );
  }

  end(): void {
    if (this.token.kind !== 'end') throw this.refuse();
  }

  private and(): Expression {
    return this.chain(
      ['&&', 'and'],
      () => this.compare(),
      (left, right) => (result) => truth(left(result)) && truth(right(result)),
    );
  }

  private compare(): Expression {
    const left = this.sum();
    const sign = this.take('==', '!=', '<=', '>=', '<', '>');
    if (!sign) return left;
    const right = this.sum();
    return (result) => comparison(sign, left(result), right(result));
  }

  private sum(): Expression {
    return this.chain(['+', '-'], () => this.term(), calculation);
  }

  private term(): Expression {
    return this.chain(['*', '/', '%'], () => this.unary(), calculation);
  }

  private unary(): Expression {
    const sign = this.take('!', 'not', '-');
    if (!sign) return this.value();
    const operand = this.unary();
    return sign === '-' ? (result) => -numeric(operand(result)) : (result) => !truth(operand(result));
  }

  private value(): Expression {
    let value = this.atom();
    for (;;) {
      const owner = value;
      if (this.take('.')) {
        const { kind, text } = this.token;
        if (kind !== 'name') throw this.refuse();
        this.index += 1;
        value = (result) => member(owner(result), text);
      } else if (this.take('[')) {
        const key = this.or();
        this.require(']');
        value = (result) => member(owner(result), key(result));
      } else return value;
    }
  }

  private atom(): Expression {
    const { kind, text } = this.token;
    if (this.take('(')) {
      const inner = this.or();
      this.require(')');
      return inner;
    }
    if (kind === 'sign' || kind === 'end') throw this.refuse();
    this.index += 1;
    if (kind === 'number') return () => Number(text);
    if (kind === 'text') return () => text.slice(1, -1).replace(/\\(.)/g, '$1');
    if (text === 'result') return (result) => result;
    if (text === 'true' || text === 'false') return () => text === 'true';
    if (text === 'nil') return () => null;
    const call = functions.get(text);
    if (!call) throw this.refuse(this.index - 1);
    this.require('(');
    const operands = [this.or()];
    while (this.take(',')) operands.push(this.or());
    this.require(')');
    if (operands.length !== call.operands) throw new SyntaxError(`${text}() takes ${call.operands}.`);
    return (result) => call.run(operands.map((operand) => () => operand(result)));
  }

  private chain(
    signs: readonly string[],
    operand: () => Expression,
    join: (left: Expression, right: Expression, sign: string) => Expression,
  ): Expression {
    let left = operand();
    for (let sign = this.take(...signs); sign; sign = this.take(...signs)) left = join(left, operand(), sign);
    return left;
  }

  private get token(): Token {
    return this.tokens[this.index] ?? { kind: 'end', text: '', at: 0 };
  }

  private take(...texts: readonly string[]): string | undefined {
    const { kind, text } = this.token;
    if ((kind !== 'sign' && kind !== 'name') || !texts.includes(text)) return undefined;
    this.index += 1;
    return text;
  }

  private require(text: string): void {
    if (!this.take(text)) throw this.refuse();
  }

  private refuse(index = this.index): SyntaxError {
    const { kind, text, at } = this.tokens[index] ?? this.token;
    return new SyntaxError(
      kind === 'end' ? 'The condition is not complete.' : `${text} is not expected, at character ${at}.`,
    );
  }
}

interface Callable {
  readonly operands: number;
  /** Operands are asked for, so that `default` may do without. */
  readonly run: (operands: readonly (() => unknown)[]) => unknown;
}

const functions: ReadonlyMap<string, Callable> = new Map<string, Callable>([
  ['len', { operands: 1, run: ([value]) => lengthOf(value?.()) }],
  ['isNaN', { operands: 1, run: ([value]) => Number.isNaN(value?.()) }],
  ['isInf', { operands: 1, run: ([value]) => Math.abs(Number(value?.())) === Infinity }],
  ['abs', { operands: 1, run: ([value]) => Math.abs(numeric(value?.())) }],
  ['default', { operands: 2, run: ([value, otherwise]) => given(value) ?? otherwise?.() }],
]);

function given(value: (() => unknown) | undefined): unknown {
  try {
    const found = value?.();
    return isNothing(found) ? undefined : found;
  } catch (error) {
    if (error instanceof NothingMeasured) return undefined;
    throw error;
  }
}

const isNothing = (value: unknown): boolean => value === undefined || value === null || Number.isNaN(value);

function lengthOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length;
  if (isNothing(value)) throw new NothingMeasured();
  throw new TypeError(`len() of ${describe(value)}.`);
}

function member(owner: unknown, key: unknown): unknown {
  if (isNothing(owner)) throw new NothingMeasured();
  if (Array.isArray(owner)) {
    const at = numeric(key);
    return owner[at < 0 ? owner.length + at : at];
  }
  if (typeof owner === 'object' && owner !== null && typeof key === 'string' && Object.hasOwn(owner, key)) {
    return Reflect.get(owner, key);
  }
  if (typeof owner === 'object') return undefined;
  throw new TypeError(`${describe(owner)} has no members.`);
}

function numeric(value: unknown): number {
  if (isNothing(value)) throw new NothingMeasured();
  if (typeof value === 'number') return value;
  throw new TypeError(`${describe(value)} is no number.`);
}

function truth(value: unknown): boolean {
  if (isNothing(value)) throw new NothingMeasured();
  if (typeof value === 'boolean') return value;
  throw new TypeError(`${describe(value)} is neither true nor false.`);
}

function comparison(sign: string, left: unknown, right: unknown): boolean {
  if (Number.isNaN(left) || Number.isNaN(right)) throw new NothingMeasured();
  if (sign === '==') return (left ?? null) === (right ?? null);
  if (sign === '!=') return (left ?? null) !== (right ?? null);
  const [a, b] =
    typeof left === 'string' && typeof right === 'string' ? [left, right] : [numeric(left), numeric(right)];
  if (sign === '<') return a < b;
  if (sign === '<=') return a <= b;
  return sign === '>' ? a > b : a >= b;
}

function calculation(left: Expression, right: Expression, sign: string): Expression {
  return (result) => {
    const [a, b] = [numeric(left(result)), numeric(right(result))];
    if (sign === '+') return a + b;
    if (sign === '-') return a - b;
    if (sign === '*') return a * b;
    return sign === '/' ? a / b : a % b;
  };
}

const describe = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 60);
