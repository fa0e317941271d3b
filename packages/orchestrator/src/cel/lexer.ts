import { CelCompileError } from './error.js';
import { type CelType, types } from './type.js';
import { CelUint, type CelValue } from './value.js';

export interface Token {
  readonly kind: 'identifier' | 'literal' | 'symbol' | 'end';
  /** The identifier or symbol as written. */
  readonly text: string;
  readonly position: number;
  readonly value?: CelValue;
  readonly type?: CelType;
}

const symbols = /(?:==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()[\]{}])/y;
const spaces = /(?:\s|\/\/[^\n]*)+/y;
const words = /[_a-zA-Z][_a-zA-Z0-9]*/y;
const numbers = /(?:0x[0-9a-fA-F]+u?|\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?|\d+u?)/iy;
const strings =
  /([rRbB]{0,2})("""(?:[^\\]|\\[\s\S])*?"""|'''(?:[^\\]|\\[\s\S])*?'''|"(?:[^"\\\n\r]|\\[^\n\r])*"|'(?:[^'\\\n\r]|\\[^\n\r])*')/y;
const rawStrings = /([rRbB]{1,2})("""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n\r]*"|'[^'\n\r]*')/y;

/** The expression's tokens, the last one of kind `end`. */
export function tokenize(input: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    return pattern.exec(input);
  };
  while (position < input.length) {
    const space = match(spaces);
    if (space) {
      position += space[0].length;
      continue;
    }
    const text = match(rawStrings);
    const isRaw = text !== null && /r/i.test(text[1] ?? '');
    const string = isRaw ? text : match(strings);
    if (string) {
      tokens.push(stringToken(input, position, string[1] ?? '', string[2] ?? ''));
      position += string[0].length;
      continue;
    }
    const number = match(numbers);
    if (number && !(number[0].startsWith('.') && isAfterOperand(tokens))) {
      tokens.push(numberToken(input, position, number[0]));
      position += number[0].length;
      continue;
    }
    const word = match(words);
    if (word) {
      tokens.push(wordToken(word[0], position));
      position += word[0].length;
      continue;
    }
    const symbol = match(symbols);
    if (!symbol) throw syntaxError(input, position, `token recognition error at: '${input[position]}'`);
    tokens.push({ kind: 'symbol', text: symbol[0], position });
    position += symbol[0].length;
  }
  tokens.push({ kind: 'end', text: '<EOF>', position });
  return tokens;
}

export function syntaxError(input: string, position: number, message: string): CelCompileError {
  return new CelCompileError(input, [{ message: `Syntax error: ${message}`, position }]);
}

/** True where a dot selects a field and does not begin a number. */
function isAfterOperand(tokens: readonly Token[]): boolean {
  const last = tokens[tokens.length - 1];
  return last !== undefined && (last.kind !== 'symbol' || last.text === ')' || last.text === ']' || last.text === '}');
}

function wordToken(text: string, position: number): Token {
  if (text === 'true' || text === 'false')
    return { kind: 'literal', text, position, value: text === 'true', type: types.bool };
  if (text === 'null') return { kind: 'literal', text, position, value: null, type: types.null };
  return { kind: text === 'in' ? 'symbol' : 'identifier', text, position };
}

function numberToken(input: string, position: number, text: string): Token {
  if (/^0x/i.test(text) || /^\d+u?$/i.test(text)) {
    const isUnsigned = /u$/i.test(text);
    const value = BigInt(isUnsigned ? text.slice(0, -1) : text);
    // One more than the largest int is allowed here: a minus may stand before it.
    if (value > (isUnsigned ? 2n ** 64n - 1n : 2n ** 63n))
      throw syntaxError(input, position, `invalid ${isUnsigned ? 'uint' : 'int'} literal`);
    return isUnsigned
      ? { kind: 'literal', text, position, value: new CelUint(value), type: types.uint }
      : { kind: 'literal', text, position, value, type: types.int };
  }
  const value = Number(text);
  if (!Number.isFinite(value)) throw syntaxError(input, position, 'invalid double literal');
  return { kind: 'literal', text, position, value, type: types.double };
}

function stringToken(input: string, position: number, prefix: string, quoted: string): Token {
  const isBytes = /b/i.test(prefix);
  const quotes = quoted.startsWith('"""') || quoted.startsWith("'''") ? 3 : 1;
  const body = quoted.slice(quotes, -quotes).replace(/\r\n?/g, '\n');
  const fail = (message: string) => syntaxError(input, position, message);
  const parts = /r/i.test(prefix) ? [body] : readEscapes(body, isBytes, fail);
  const text = prefix + quoted;
  if (!isBytes) {
    const value = parts.map((part) => (typeof part === 'string' ? part : String.fromCodePoint(part))).join('');
    return { kind: 'literal', text, position, value, type: types.string };
  }
  const value = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))));
  return { kind: 'literal', text, position, value: new Uint8Array(value), type: types.bytes };
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
};

/** Text, and the code points (or bytes) of numeric escapes between. */
function readEscapes(body: string, isBytes: boolean, fail: (message: string) => Error): (string | number)[] {
  if (!body.includes('\\')) return [body];
  const parts: (string | number)[] = [];
  const pattern = /\\(?:([0-3][0-7]{2})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.)|$)/gis;
  let end = 0;
  for (const match of body.matchAll(pattern)) {
    parts.push(body.slice(end, match.index));
    end = match.index + match[0].length;
    const [whole, octal, hex, short, long, single] = match;
    if (octal !== undefined) parts.push(Number.parseInt(octal, 8));
    else if (hex !== undefined) parts.push(Number.parseInt(hex, 16));
    else if (short !== undefined || long !== undefined) {
      const code = Number.parseInt(short ?? long ?? '', 16);
      if (isBytes || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw fail(`invalid escape ${whole}`);
      parts.push(code);
    } else {
      const plain = simpleEscapes[single ?? ''];
      if (plain === undefined) throw fail(`invalid escape ${whole}`);
      parts.push(plain);
    }
  }
  parts.push(body.slice(end));
  return parts;
}
