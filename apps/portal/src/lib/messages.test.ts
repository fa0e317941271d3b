import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { messagesOf } from './messages';

const sources = join(import.meta.dirname, '..');

/** `table.search`, `table.count`, … of nested messages. */
function keysOf(messages: object, prefix = ''): string[] {
  return Object.entries(messages).flatMap(([key, value]) =>
    typeof value === 'string' ? [`${prefix}${key}`] : keysOf(value, `${prefix}${key}.`),
  );
}

/** The names in braces that a message is given. */
function argumentsOf(message: string): string[] {
  return [...new Set([...message.matchAll(/\{(\w+)[,}]/g)].flatMap((match) => match[1] ?? []))].sort();
}

function textOf(messages: object, key: string): string {
  let value: unknown = messages;
  for (const part of key.split('.')) value = Object.entries(Object(value)).find(([name]) => name === part)?.[1];
  return String(value);
}

const en = messagesOf('en');
const zh = messagesOf('zh');

describe('messages', () => {
  test('English and Chinese have the same keys', () => {
    expect(keysOf(zh).sort()).toEqual(keysOf(en).sort());
  });

  test('no message is empty, and a translation is given the same arguments', () => {
    for (const key of keysOf(en)) {
      expect(textOf(zh, key), key).not.toBe('');
      const allowed = argumentsOf(textOf(en, key));
      for (const argument of argumentsOf(textOf(zh, key))) expect(allowed, key).toContain(argument);
    }
  });

  test('every key that a component names is there', () => {
    const known = new Set(keysOf(en));
    const missing: string[] = [];
    for (const file of readdirSync(sources, { recursive: true, encoding: 'utf8' })) {
      if (!/\.tsx?$/.test(file) || file.endsWith('.test.ts')) continue;
      const text = readFileSync(join(sources, file), 'utf8');
      // A variable holds one namespace within one function.
      for (const part of text.split(/\n(?=(?:export )?(?:default )?(?:async )?function )/)) {
        for (const [, variable, namespace] of part.matchAll(
          /const (\w+) = (?:await )?(?:use|get)Translations\('([\w.]+)'\)/g,
        )) {
          for (const [, key] of part.matchAll(new RegExp(`\\b${variable}(?:\\.rich)?\\(\\s*'([^']+)'`, 'g'))) {
            if (!known.has(`${namespace}.${key}`)) missing.push(`${file}: ${namespace}.${key}`);
          }
        }
      }
    }
    expect(missing).toEqual([]);
  });
});
