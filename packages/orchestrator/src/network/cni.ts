import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressAt } from './cidr.js';

export interface CniOptions {
  readonly bridge: string;
  readonly podCidr: string;
  readonly mtu: number;
  /** Where host-local keeps who has which address. */
  readonly ipamDirectory: string;
}

/** The CNI configuration of pods: an address of the range on the bridge, and host ports. Masquerading is nftables' part. */
export function toConflist({ bridge, podCidr, mtu, ipamDirectory }: CniOptions): object {
  return {
    cniVersion: '0.4.0',
    name: bridge,
    plugins: [
      {
        type: 'bridge',
        bridge,
        isGateway: true,
        hairpinMode: true,
        ipMasq: false,
        mtu,
        ipam: {
          type: 'host-local',
          dataDir: ipamDirectory,
          ranges: [[{ subnet: podCidr, rangeStart: addressAt(podCidr, 2), gateway: addressAt(podCidr, 1) }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
    ],
  };
}

/** containerd watches the directory and takes the file up at once. */
export async function writeConflist(directory: string, options: CniOptions): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  await mkdir(options.ipamDirectory, { recursive: true, mode: 0o755 });
  const file = join(directory, '10-slipway.conflist');
  await writeFile(`${file}.tmp`, `${JSON.stringify(toConflist(options), null, 2)}\n`);
  await rename(`${file}.tmp`, file);
}
