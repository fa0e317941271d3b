import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout, type SlipwayCommand } from './slipway.js';

/** Deploys docs/samples/hello to production as releases 1 to `count`, each with another page. */
export async function deployHello(slipway: SlipwayCommand, count: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-hello-'));
  try {
    cpSync(join(checkout, 'docs/samples/hello'), folder, { recursive: true });
    const html = join(folder, 'www/index.html');
    for (let release = 1; release <= count; release += 1) {
      await slipway.run('deploy', folder, '--create');
      writeFileSync(html, readFileSync(html, 'utf8').replace('Hello', 'Hello again'));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
