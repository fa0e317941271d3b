import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePortBase } from '@slipway/local';
import { eventually } from './eventually.js';

const suffix = 'dc=example,dc=test';

/** An OpenLDAP on loopback with one user in one group. */
export interface DirectoryUnderTest {
  readonly url: string;
  readonly administrator: string;
  readonly password: string;
  readonly usersDn: string;
  readonly groupsDn: string;
  stop(): Promise<void>;
}

export async function startDirectory(entry: {
  user: string;
  password: string;
  group: string;
}): Promise<DirectoryUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-ldap-'));
  const port = await findFreePortBase(24_000);
  const file = join(directory, 'slapd.conf');
  const administrator = `cn=admin,${suffix}`;
  const usersDn = `ou=people,${suffix}`;
  const groupsDn = `ou=groups,${suffix}`;
  mkdirSync(join(directory, 'data'));
  const schemas = ['core', 'cosine', 'inetorgperson'].map((name) => `include /etc/ldap/schema/${name}.schema`);
  const settings = [
    ...schemas,
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    'database mdb',
    `suffix "${suffix}"`,
    `rootdn "${administrator}"`,
    'rootpw directory',
    `directory ${join(directory, 'data')}`,
  ];
  writeFileSync(file, `${settings.join('\n')}\n`);
  const dn = `uid=${entry.user},${usersDn}`;
  const entries = [
    [`dn: ${suffix}`, 'objectClass: dcObject', 'objectClass: organization', 'o: Example', 'dc: example'],
    [`dn: ${usersDn}`, 'objectClass: organizationalUnit', 'ou: people'],
    [`dn: ${groupsDn}`, 'objectClass: organizationalUnit', 'ou: groups'],
    [
      `dn: ${dn}`,
      'objectClass: inetOrgPerson',
      `uid: ${entry.user}`,
      `cn: ${entry.user}`,
      `sn: ${entry.user}`,
      `givenName: ${entry.user}`,
      `mail: ${entry.user}@example.test`,
      `userPassword: ${entry.password}`,
    ],
    [`dn: cn=${entry.group},${groupsDn}`, 'objectClass: groupOfNames', `cn: ${entry.group}`, `member: ${dn}`],
  ];
  const ldif = join(directory, 'entries.ldif');
  writeFileSync(ldif, `${entries.map((lines) => lines.join('\n')).join('\n\n')}\n`);
  execFileSync('/usr/sbin/slapadd', ['-f', file, '-l', ldif], { stdio: 'pipe' });
  // With -d it stays in the foreground.
  const child = spawn('/usr/sbin/slapd', ['-f', file, '-h', `ldap://127.0.0.1:${port}`, '-d', '0'], {
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await eventually(
    () =>
      new Promise<void>((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.destroy();
          resolve();
        }).once('error', reject);
      }),
  );
  return {
    url: `ldap://127.0.0.1:${port}`,
    administrator,
    password: 'directory',
    usersDn,
    groupsDn,
    stop: async () => {
      child.kill();
      await ended;
      if (existsSync(directory)) rmSync(directory, { recursive: true, force: true });
    },
  };
}
