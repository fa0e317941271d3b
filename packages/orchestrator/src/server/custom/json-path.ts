import { isJsonObject, isSame, type Json } from '../../kinds/index.js';

type Step =
  | { do: 'name'; name: string }
  | { do: 'index'; from: number; to: number | undefined; single: boolean }
  | { do: 'all' }
  | { do: 'descend' }
  | { do: 'filter'; left: Operand; operator: string; right: Operand | undefined };
type Operand = { literal: Json } | { path: readonly Step[] };

export class JsonPathError extends Error {}

/** What printer columns and selectable fields are read with: kubectl's JSONPath without templates. */
export class JsonPath {
  readonly #steps: readonly Step[];

  /** Throws JsonPathError. */
  constructor(readonly text: string) {
    this.#steps = parseSteps(text);
  }

  /** Every value the path leads to; what is missing leads to nothing. */
  find(value: Json): Json[] {
    return follow(this.#steps, value);
  }
}

const namePattern = /^(?:[^.[\]'"()\s=<>!,@?*\\]|\\.)+/;

function parseSteps(text: string): Step[] {
  const steps: Step[] = [];
  let rest = text;
  while (rest !== '') {
    if (rest.startsWith('..')) {
      steps.push({ do: 'descend' });
      rest = rest.slice(2);
      if (rest.startsWith('[')) continue;
      rest = `.${rest}`;
    }
    if (rest.startsWith('.')) {
      rest = rest.slice(1);
      if (rest.startsWith('*')) {
        steps.push({ do: 'all' });
        rest = rest.slice(1);
        continue;
      }
      if (rest.startsWith('[')) continue;
      const name = namePattern.exec(rest)?.[0];
      if (name === undefined) throw new JsonPathError(`unexpected path: ${JSON.stringify(text)}`);
      steps.push({ do: 'name', name: name.replace(/\\(.)/g, '$1') });
      rest = rest.slice(name.length);
      continue;
    }
    if (!rest.startsWith('[')) throw new JsonPathError(`unrecognized character in action: ${JSON.stringify(rest)}`);
    const end = closingBracket(rest);
    if (end < 0) throw new JsonPathError('unterminated array');
    steps.push(parseBracket(rest.slice(1, end).trim()));
    rest = rest.slice(end + 1);
  }
  return steps;
}

function closingBracket(text: string): number {
  let depth = 0;
  let quote = '';
  for (let index = 0; index < text.length; index++) {
    const letter = text[index] ?? '';
    if (quote !== '') {
      if (letter === '\\') index++;
      else if (letter === quote) quote = '';
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '[') depth++;
    else if (letter === ']' && --depth === 0) return index;
  }
  return -1;
}

function parseBracket(inside: string): Step {
  if (inside === '*') return { do: 'all' };
  const quoted = /^(['"])(.*)\1$/.exec(inside);
  if (quoted) return { do: 'name', name: (quoted[2] ?? '').replace(/\\(.)/g, '$1') };
  if (/^-?\d+$/.test(inside)) return { do: 'index', from: Number(inside), to: undefined, single: true };
  const slice = /^(-?\d*):(-?\d*)$/.exec(inside);
  if (slice)
    return { do: 'index', from: Number(slice[1] || 0), to: slice[2] ? Number(slice[2]) : undefined, single: false };
  const filter = /^\?\((.*)\)$/.exec(inside);
  if (filter) return parseFilter(filter[1] ?? '');
  throw new JsonPathError(`invalid array index ${inside}`);
}

function parseFilter(text: string): Step {
  const parts = /^\s*((?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^=<>!])+?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?$/.exec(
    text,
  );
  if (!parts) throw new JsonPathError(`unrecognized filter ${JSON.stringify(text)}`);
  const [, left = '', operator = '', right] = parts;
  return { do: 'filter', left: operandOf(left), operator, right: right === undefined ? undefined : operandOf(right) };
}

function operandOf(text: string): Operand {
  if (text.startsWith('@')) return { path: parseSteps(text.slice(1)) };
  const quoted = /^(['"])(.*)\1$/.exec(text);
  if (quoted) return { literal: (quoted[2] ?? '').replace(/\\(.)/g, '$1') };
  if (text === 'true' || text === 'false') return { literal: text === 'true' };
  const number = Number(text);
  if (text === '' || Number.isNaN(number)) throw new JsonPathError(`unrecognized operand ${JSON.stringify(text)}`);
  return { literal: number };
}

function follow(steps: readonly Step[], value: Json): Json[] {
  let found: Json[] = [value];
  for (const step of steps) found = found.flatMap((each) => one(step, each));
  return found;
}

function one(step: Step, value: Json): Json[] {
  switch (step.do) {
    case 'name': {
      const child = isJsonObject(value) && Object.hasOwn(value, step.name) ? value[step.name] : undefined;
      return child === undefined ? [] : [child];
    }
    case 'index': {
      if (!Array.isArray(value)) return [];
      if (!step.single) return value.slice(step.from, step.to);
      const item = value.at(step.from);
      return item === undefined ? [] : [item];
    }
    case 'all':
      return childrenOf(value);
    case 'descend':
      return descend(value);
    case 'filter':
      return childrenOf(value).filter((each) => passes(step, each));
  }
}

function childrenOf(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  return isJsonObject(value) ? Object.values(value).filter((each) => each !== undefined) : [];
}

function descend(value: Json): Json[] {
  return [value, ...childrenOf(value).flatMap(descend)];
}

function passes({ left, operator, right }: Extract<Step, { do: 'filter' }>, value: Json): boolean {
  const resultOf = (operand: Operand) => ('path' in operand ? follow(operand.path, value)[0] : operand.literal);
  const a = resultOf(left);
  if (!right) return a !== undefined;
  const b = resultOf(right);
  if (a === undefined || b === undefined) return false;
  switch (operator) {
    case '==':
      return isSame(a, b);
    case '!=':
      return !isSame(a, b);
    default:
      return isOrdered(a, operator, b);
  }
}

function isOrdered(a: Json, operator: string, b: Json): boolean {
  const comparable =
    (typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string');
  if (!comparable) return false;
  const [x, y] = [a, b] as [string, string];
  return operator === '<' ? x < y : operator === '<=' ? x <= y : operator === '>' ? x > y : x >= y;
}
