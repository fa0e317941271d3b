import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { platformWork, requirePlatformWork } from './tenant-wall.js';

const source = fileURLToPath(new URL('../../', import.meta.url));
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.startsWith('generated'))
  .map((file) => ({ file, text: readFileSync(path.join(source, file), 'utf8') }));
const own = path.join('kernel', 'database', 'tenant-wall.ts');

describe('who works for all tenants at once', () => {
  it('is in one list: every door, everybody who steps out of a tenant, and nobody who is gone', () => {
    const doors = files.flatMap(({ text }) =>
      /extends Door\b/.test(text) ? [...text.matchAll(/readonly path = '([^']+)'/g)].map(([, door]) => door) : [],
    );
    const steps = files
      .filter(({ file }) => file !== own)
      .flatMap(({ text }) => [...text.matchAll(/\basPlatform\(\s*'([^']+)'/g)].map(([, who]) => who));
    expect([...new Set([...doors, ...steps])].sort()).toEqual(Object.keys(platformWork).sort());
  });

  it('opens no door that is not in it', () => {
    expect(() => requirePlatformWork('/git')).not.toThrow();
    expect(() => requirePlatformWork('/toString')).toThrow('say why in platformWork');
  });

  it('sets the tenant nowhere else', () => {
    const setters = files.filter(({ text }) => /set_config\('slipway\.tenant'/.test(text)).map(({ file }) => file);
    expect(setters.sort()).toEqual([path.join('kernel', 'database', 'migrate.ts'), own]);
  });
});
