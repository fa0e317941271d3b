import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';

/** The platform's own work, which sees all tenants. */
const everyTenant = '*';

/**
 * Who, of what serves requests, works for all tenants at once, and why: the doors by their paths, and those that step out of a tenant.
 * A route is narrowed by the guard; a door that is not here does not open. What goes on in the worker is the platform's own work.
 */
export const platformWork = {
  '/git': 'narrowed to the tenant of the address once the caller is let in',
  '/internal/builds': "the build's own token says which tenant",
  '/k8s/clusters': 'lists namespaces over the tenants of the caller',
  '/oidc/backchannel-logout': 'sessions and users belong to no tenant',
  '/realms/slipway': 'sessions and users belong to no tenant',
  '/scim/v2': 'users and groups belong to no tenant',
  '/service/token': 'one token may be for repositories of several tenants',
  '/v2': "the registry's token says which repository",
  'domain-names': 'a host name that another tenant has proven is refused, whosever it is',
  'audit-refusals': 'a refusal is noted in the chain of a tenant that the caller may not know',
} as const;
type PlatformWork = keyof typeof platformWork;

/** Throws for a door that is not named in `platformWork`. */
export function requirePlatformWork(path: string): void {
  if (!Object.hasOwn(platformWork, path))
    throw new Error(
      `The door ${path} works for all tenants: say why in platformWork (kernel/database/tenant-wall.ts).`,
    );
}

/** Whose rows the work of this request may touch; the guard narrows it when it knows the tenant. */
interface Wall {
  tenant: string;
}

const walls = new AsyncLocalStorage<Wall>();

/** Runs a request, which begins as the platform's own work: who asks and for which tenant is still to be found out. */
export function beginRequest<T>(work: () => T): T {
  return walls.run({ tenant: everyTenant }, work);
}

/** From now on the request sees and changes rows of this tenant only, whatever its queries say. */
export function narrowToTenant(tenantId: string): void {
  const wall = walls.getStore();
  if (wall) wall.tenant = tenantId;
}

/** Runs `work` as the platform's own, for what must look beyond the tenant; queries of a transaction that is open do not change. */
export function asPlatform<T>(_who: PlatformWork, work: () => Promise<T>): Promise<T> {
  // A query of Prisma's begins when it is awaited: that must happen inside.
  return walls.run({ tenant: everyTenant }, async () => await work());
}

/** Runs `work` as a tenant's, for jobs. */
export function asTenant<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
  return walls.run({ tenant: tenantId }, async () => await work());
}

/** The tenant that the work is narrowed to, if it is. */
export function narrowedTenant(): string | undefined {
  const tenant = currentTenant();
  return tenant === everyTenant ? undefined : tenant;
}

/** What goes on outside of requests is the platform's own work. */
const currentTenant = (): string => walls.getStore()?.tenant ?? everyTenant;

type Connected = (error: Error | undefined, client?: pg.PoolClient, done?: (release?: unknown) => void) => void;

/**
 * A pool whose connections carry the tenant of who takes them in the setting `slipway.tenant`, which the policies of row-level
 * security read. It costs a round trip where a connection last worked for another tenant.
 */
export class WalledPool extends pg.Pool {
  private readonly tenants = new WeakMap<pg.PoolClient, string>();

  override connect(): Promise<pg.PoolClient>;
  override connect(done: Connected): void;
  override connect(done?: Connected): Promise<pg.PoolClient> | undefined {
    const client = this.take(currentTenant());
    if (!done) return client;
    client.then(
      (taken) =>
        done(undefined, taken, (release) => taken.release(release instanceof Error ? release : Boolean(release))),
      (error: Error) => done(error),
    );
    return undefined;
  }

  private async take(tenant: string): Promise<pg.PoolClient> {
    const client = await super.connect();
    if (this.tenants.get(client) === tenant) return client;
    try {
      await client.query("SELECT set_config('slipway.tenant', $1, false)", [tenant]);
    } catch (error) {
      client.release(true);
      throw error;
    }
    this.tenants.set(client, tenant);
    return client;
  }
}

/**
 * Prisma collects the findUnique of one turn of the event loop and sends them together, in the context of whoever came first.
 * This keeps what different tenants ask apart, and each in its own context. Throws when Prisma has changed inside.
 */
export function keepBatchesApart(client: object): void {
  const handler: unknown = Reflect.get(client, '_requestHandler');
  const loader: unknown = isObject(handler) ? Reflect.get(handler, 'dataloader') : undefined;
  const options: unknown = isObject(loader) ? Reflect.get(loader, 'options') : undefined;
  if (!isObject(options)) throw new Error('Prisma batches in another way now: mend keepBatchesApart.');
  const asked = new WeakMap<object, Wall>();
  const original = (name: string) => {
    const value: unknown = Reflect.get(options, name);
    if (typeof value !== 'function') throw new Error('Prisma batches in another way now: mend keepBatchesApart.');
    return (request: unknown): unknown => Reflect.apply(value, options, [request]);
  };
  const batchBy = original('batchBy');
  const [single, batch] = [original('singleLoader'), original('batchLoader')];
  Reflect.set(options, 'batchBy', (request: object) => {
    const wall = { tenant: currentTenant() };
    asked.set(request, wall);
    const id = batchBy(request);
    return id ? `${wall.tenant} ${String(id)}` : id;
  });
  const within = (request: object | undefined, work: () => unknown) =>
    walls.run((request && asked.get(request)) ?? { tenant: '' }, work);
  Reflect.set(options, 'singleLoader', (request: object) => within(request, () => single(request)));
  Reflect.set(options, 'batchLoader', (requests: object[]) => within(requests[0], () => batch(requests)));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
