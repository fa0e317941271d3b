import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from './config.js';

const instanceSchema = z.object({
  podCidr: z.string(),
  serviceCidr: z.string(),
  bridge: z.string(),
  nftTable: z.string(),
  createdAt: z.string(),
  /** Settings given by flag or environment at earlier starts, so that later commands need not repeat them. */
  flags: z.record(z.string(), z.string()).default({}),
});
/** What is decided once per installation and must not change under running pods. */
export type Instance = z.infer<typeof instanceSchema>;

/** Reads `instance.json`, or decides and writes it: a /16 of 100.64.0.0/10 that no route or address uses. */
export function loadInstance(config: Config, flags: Readonly<Record<string, string>> = {}): Instance {
  const file = join(config.home, 'instance.json');
  const kept = existsSync(file) ? instanceSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
  const free = kept ?? chooseRanges(rangesInUse(), Number.parseInt(config.id, 16));
  const instance: Instance = {
    podCidr: config.network.podCidr ?? free.podCidr,
    serviceCidr: config.network.serviceCidr ?? free.serviceCidr,
    bridge: config.network.bridge ?? kept?.bridge ?? `slw${config.id}`,
    nftTable: config.network.nftTable ?? kept?.nftTable ?? `slipway_${config.id}`,
    createdAt: kept?.createdAt ?? new Date().toISOString(),
    flags: { ...kept?.flags, ...flags },
  };
  mkdirSync(config.home, { recursive: true });
  writeFileSync(file, `${JSON.stringify(instance, null, 2)}\n`);
  return instance;
}

/**
 * The pod range is the lower half of a /16, the service range the upper one. The search begins at `seed`, so that two
 * platforms, one of which is stopped and so not to be seen, do not choose the same.
 */
export function chooseRanges(used: readonly string[], seed = 0): { podCidr: string; serviceCidr: string } {
  for (let step = 0; step < 64; step++) {
    const second = 64 + ((seed + step) % 64);
    const whole = `100.${second}.0.0/16`;
    if (!used.some((range) => overlaps(range, whole))) {
      return { podCidr: `100.${second}.0.0/17`, serviceCidr: `100.${second}.128.0/17` };
    }
  }
  throw new Error(
    'every /16 of 100.64.0.0/10 is in use here: set network.podCidr and network.serviceCidr in config.yaml',
  );
}

/** True where two IPv4 ranges share an address. */
export function overlaps(left: string, right: string): boolean {
  const a = parseRange(left);
  const b = parseRange(right);
  return a.first <= b.last && b.first <= a.last;
}

function parseRange(range: string): { first: number; last: number } {
  const [address = '', bits = '32'] = range.split('/');
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(value / size) * size;
  return { first, last: first + size - 1 };
}

function rangesInUse(): string[] {
  const routes = run('ip', ['-o', '-4', 'route', 'show', 'table', 'all']);
  const addresses = run('ip', ['-o', '-4', 'address']);
  // 192.168.0.0/16 dev x …, unreachable 100.64.0.0/17 …, inet 10.0.0.1/8 …
  return `${routes}\n${addresses}`.match(/\b\d+\.\d+\.\d+\.\d+(\/\d+)?\b/g) ?? [];
}

function run(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
