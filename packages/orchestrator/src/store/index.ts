// Owns: the cluster's database. Objects are kept as ready JSON bytes in memory and in PostgreSQL. Any number of servers may write:
// a commit moves the one counter from where its writer saw it, or does nothing, so the order of revisions is the order of
// commits; a writer that came too late reads what it missed and tries again. A change is acknowledged after PostgreSQL has
// committed it. A server that is not alone confirms that its memory is the latest state before it answers a read.
// May run twice: opening, following the log (what memory has already is skipped), a commit's functions.
// Never: acknowledges before the commit, serves while it cannot reach the database, steps over a revision or gives it twice.
export * from './contract.js';
export * from './errors.js';
export { firstAfter } from './shelf.js';
export * from './store.js';
export * from './stored-object.js';
export type { Subscription, WatchSink } from './watchers.js';
