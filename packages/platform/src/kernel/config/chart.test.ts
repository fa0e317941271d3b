import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../../../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');
const namesIn = (text: string) => new Set(text.match(/SLIPWAY_[A-Z0-9_]*[A-Z0-9]/g));
const templates = readdirSync(new URL('charts/slipway/templates/', root))
  .map((file) => read(`charts/slipway/templates/${file}`))
  .join('\n');

/** What the chart leaves to the images or to `extraEnv`. */
const elsewhere: Record<string, string> = {
  SLIPWAY_MASTER_KEYS: 'keys belong into a Secret that is mounted and not into the environment',
};

describe('the Helm chart', () => {
  it.each(['packages/platform/src/kernel/config/config.ts', 'apps/portal/src/lib/config.ts'])(
    'sets, or lets be set, every variable that %s reads',
    (file) => {
      const set = namesIn(templates);
      expect([...namesIn(read(file))].filter((name) => !set.has(name) && !(name in elsewhere))).toEqual([]);
    },
  );

  it('sets no variable that nothing reads', () => {
    const readers = ['packages/platform/src/kernel/config/config.ts', 'apps/portal/src/lib/config.ts']
      .map(read)
      .join('\n');
    const known = namesIn(readers);
    // The portal's server takes its address from Next's own variables.
    const own = ['SLIPWAY_PORTAL_PORT'];
    expect([...namesIn(templates)].filter((name) => !known.has(name) && !own.includes(name))).toEqual([]);
  });
});
