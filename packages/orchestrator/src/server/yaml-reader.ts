import { CORE_SCHEMA, type LoadOptions, load, YAMLException } from 'js-yaml';
import type { Json } from '../kinds/index.js';
import { ApiError, badRequest } from './api-error.js';
import { countKeys, depthLimit, isTooDeep, measureJson } from './json-text.js';

/** What aliases may make of a text: so many values and characters. */
const mostExpanded = 4 * 1024 * 1024;

/**
 * Reads YAML in time that grows with its length only. `onDuplicate` is told of the first key that comes twice in a map; the last one
 * counts. Throws 400.
 */
export function readYaml(text: string, onDuplicate: ((problem: string) => void) | undefined): Json {
  const json = asJson(text);
  if (json !== undefined) return json;
  try {
    return expanded(text, loadOnce(text, onDuplicate));
  } catch (error) {
    if (error instanceof ApiError) throw error;
    // The reader calls itself for each level.
    if (error instanceof RangeError) throw tooDeep();
    if (error instanceof YAMLException) {
      // Not every refusal is of one place.
      const mark: YAMLException['mark'] | undefined = error.mark;
      throw notYaml(mark ? `line ${mark.line + 1}: ${error.reason}` : error.reason);
    }
    throw error;
  }
}

/** Most of what is sent as YAML is JSON, which is read many times quicker. */
function asJson(text: string): Json | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  const { keys, depth } = measureJson(Buffer.from(text));
  if (depth > depthLimit) throw tooDeep();
  try {
    const value = JSON.parse(text) as Json;
    // A key that comes twice is told of by its line.
    return countKeys(value) === keys ? value : undefined;
  } catch {
    return undefined;
  }
}

function loadOnce(text: string, onDuplicate: ((problem: string) => void) | undefined): unknown {
  const options: LoadOptions & { maxDepth: number } = { schema: CORE_SCHEMA, maxDepth: depthLimit };
  try {
    return load(text, options);
  } catch (error) {
    if (!(error instanceof YAMLException) || error.reason !== 'duplicated mapping key') throw error;
    const { line, position } = error.mark;
    const key = /^(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^:,}\n]*))/.exec(text.slice(position, position + 300));
    const name = (key?.[1] ?? key?.[2] ?? key?.[3] ?? '').trim();
    onDuplicate?.(`yaml: unmarshal errors: line ${line + 1}: key ${JSON.stringify(name)} already set in map`);
    return load(text, { ...options, json: true });
  }
}

/** As JSON, in which nothing is in two places. */
function expanded(text: string, value: unknown): Json {
  if (text.includes('&') && isTooMuch(value)) throw notYaml('document contains excessive aliasing');
  if (isTooDeep(value)) throw tooDeep();
  if (!isAllFinite(value)) throw notYaml('a number that JSON cannot hold');
  if (value === undefined) return null;
  return text.includes('&') ? (JSON.parse(JSON.stringify(value)) as Json) : (value as Json);
}

/** Stops as soon as it is too much, so that a small text of many aliases costs little. */
function isTooMuch(value: unknown): boolean {
  let size = 0;
  const visit = (each: unknown, levels: number): boolean => {
    size += typeof each === 'string' ? each.length + 1 : 1;
    if (size > mostExpanded || levels <= 0) return true;
    if (typeof each !== 'object' || each === null) return false;
    if (Array.isArray(each)) return each.some((item) => visit(item, levels - 1));
    return Object.entries(each).some(([key, item]) => {
      size += key.length;
      return visit(item, levels - 1);
    });
  };
  return visit(value, depthLimit);
}

function isAllFinite(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isAllFinite);
}

export const tooDeep = () =>
  badRequest(`the object provided is unrecognized: it is nested more than ${depthLimit} levels deep`);

function notYaml(why: string): ApiError {
  return badRequest(`error converting YAML to JSON: yaml: ${why}`);
}
