#!/usr/bin/env node
// Judges package-lock.json without a network: every package has a hash of its content and a licence that the project may use.
// Then asks the registry for known weaknesses of what production runs; a registry that cannot be reached does not count.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
const refused = /\b(AGPL|BUSL|BSL-1\.1|SSPL|UNLICENSED|Elastic|Commons-Clause|CC-BY-NC)/i;
const found = Object.entries(packages).flatMap(([name, entry]) => {
  if (!name.startsWith('node_modules/') && !name.includes('/node_modules/')) return [];
  if (entry.link) return [];
  const licence = String(entry.license ?? entry.licenses ?? '');
  return [
    ...(entry.integrity || entry.inBundle || isForAnotherSystem(entry)
      ? []
      : [`${name}: no integrity, so nobody knows what is installed`]),
    ...(refused.test(licence) ? [`${name}: the licence ${licence} is not free enough`] : []),
    ...(entry.resolved?.startsWith('git') ? [`${name}: comes from a git repository and not from a registry`] : []),
  ];
});
for (const line of found) console.error(line);

/** A registry that breaks off in the middle has not been asked either. */
function parse(text) {
  try {
    return JSON.parse(text || '{}');
  } catch {
    return {};
  }
}

/** npm notes no hash of optional builds for systems that it did not install them on. */
function isForAnotherSystem(entry) {
  return entry.optional && (entry.os || entry.cpu);
}

if (process.argv.includes('--online')) {
  const audit = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=high', '--json'], {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
  });
  const { metadata, vulnerabilities } = parse(audit.stdout);
  if (!metadata) console.error('The registry could not be asked for known weaknesses; go on without.');
  for (const [name, { severity, via }] of Object.entries(vulnerabilities ?? {})) {
    const titles = via.map((cause) => (typeof cause === 'string' ? cause : cause.title)).join('; ');
    console.error(`${name}: ${severity}: ${titles}`);
    if (severity === 'high' || severity === 'critical') found.push(name);
  }
}
console.log(`${Object.keys(packages).length} packages looked at, ${found.length} objections.`);
process.exit(found.length === 0 ? 0 : 1);
