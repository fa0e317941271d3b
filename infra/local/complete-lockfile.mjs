#!/usr/bin/env node
// Adds to package-lock.json the optional binaries of other systems that npm left out because the registry in use does not
// carry them. `npm ci` refuses a lock file without them, on every system. Run it after a change of dependencies.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const file = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const systems = {
  android: 'android',
  darwin: 'darwin',
  freebsd: 'freebsd',
  linux: 'linux',
  openharmony: 'openharmony',
};
const processors = { arm: 'arm', arm64: 'arm64', ia32: 'ia32', ppc64: 'ppc64', riscv64: 'riscv64', s390x: 's390x' };
const words = {
  os: { ...systems, win32: 'win32', windows: 'win32' },
  cpu: { ...processors, x64: 'x64', 64: 'x64' },
};

let added = 0;
for (const [where, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (isLocked(where, name)) continue;
    if (!/^\d[\w.-]*$/.test(version))
      throw new Error(`${name}: ${version} is a range; lock it where it can be fetched`);
    const parts = name.split('/').at(-1).split('-');
    const [os] = parts.flatMap((part) => words.os[part] ?? []);
    const [cpu] = parts.flatMap((part) => words.cpu[part] ?? []);
    if (!os || !cpu) throw new Error(`${name}: its name tells no system; lock it where it can be fetched`);
    const libc = parts.some((part) => part.startsWith('musl')) ? ['musl'] : undefined;
    lock.packages[`node_modules/${name}`] = { version, cpu: [cpu], dev, libc, optional: true, os: [os] };
    added += 1;
  }
}
const byPath = ([a], [b]) => a.localeCompare(b, 'en');
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(byPath));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} packages added to package-lock.json`);

/** Whether a package at `where` finds `name` in the lock file, in its own node_modules or any above. */
function isLocked(where, name) {
  for (let at = where; ; at = at.includes('/node_modules/') ? at.slice(0, at.lastIndexOf('/node_modules/')) : '') {
    if (lock.packages[`${at && `${at}/`}node_modules/${name}`]) return true;
    if (at === '') return false;
  }
}
