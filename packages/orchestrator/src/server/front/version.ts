/** What `/version` answers. */
export const version = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.0',
  gitCommit: 'slipway',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'node',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
};
