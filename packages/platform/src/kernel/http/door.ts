import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { INestApplication } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Request, Response } from './route.js';

/**
 * A door of the api process that is no REST route (`/v2`, `/git`, `/realms/slipway`, …): a provider that extends this is
 * mounted before the routes, with the body unread and without our guard: it authenticates by itself, and what it throws is
 * answered as a problem.
 */
export abstract class Door {
  /** The beginning of the path, e.g. `/v2`. */
  abstract readonly path: string;

  /** Answers the request; `request.url` is without the path. */
  abstract handle(request: Request, response: Response): Promise<void> | void;

  /** Takes over a connection that asks for an upgrade. Without it upgrades under the path are refused. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> | void;
}

/** Every door among the application's providers. */
export function listDoors(app: INestApplication): Door[] {
  const providers = app.get(DiscoveryService, { strict: false }).getProviders();
  return [...new Set(providers.map((wrapper) => wrapper.instance as unknown))].filter(
    (instance) => instance instanceof Door,
  );
}

/** Leads upgrades to their doors. */
export function acceptUpgrades(server: Server, doors: readonly Door[]): void {
  server.on('upgrade', (request, socket, head) => {
    const door = doors.find((candidate) => request.url?.startsWith(`${candidate.path}/`));
    socket.on('error', () => socket.destroy());
    if (!door?.upgrade) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    Promise.resolve(door.upgrade(request, socket, head)).catch(() => socket.destroy());
  });
}
