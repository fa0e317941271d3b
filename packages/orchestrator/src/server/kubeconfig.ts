import { stringify } from 'yaml';
import { writeAtomically } from './pki.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A kubeconfig with the certificates inside it, mode 0600. */
export async function writeKubeconfig(
  path: string,
  connection: { server: string; ca: string; certificate: string; key: string },
): Promise<void> {
  const name = 'slipway';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: connection.server, 'certificate-authority-data': base64(connection.ca) } }],
    users: [
      {
        name: 'slipway-admin',
        user: {
          'client-certificate-data': base64(connection.certificate),
          'client-key-data': base64(connection.key),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: 'slipway-admin', namespace: 'default' } }],
    'current-context': name,
  };
  await writeAtomically(path, stringify(config), 0o600);
}
