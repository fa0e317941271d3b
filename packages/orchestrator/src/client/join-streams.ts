import type { Duplex } from 'node:stream';

/**
 * Passes bytes both ways between two sides of an upgraded connection until both have ended. A side that closes lets the
 * other write out what it was given first: the last output of a command comes just before the close.
 */
export function joinStreams(near: Duplex, far: Duplex): void {
  near.pipe(far);
  far.pipe(near);
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => {
      if (other.writableFinished || other.destroyed) return void other.destroy();
      other.once('finish', () => other.destroy());
      other.end();
    });
  }
}
