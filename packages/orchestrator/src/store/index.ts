// Owns: the cluster's database. Objects are kept as ready JSON bytes in memory and in PostgreSQL; every change gets the next
// revision from one writer, which holds a session advisory lock on the connection it writes with, so the order of revisions is
// the order of commits and a second process can only wait. A change is acknowledged after PostgreSQL has committed it.
// May run twice: opening (the second waits for the lock), recovering after a lost connection (it replays what it missed).
// Never: acknowledges before the commit, serves reads or writes while it does not hold the lock, steps over a revision.
export * from './errors.js';
export * from './store.js';
export * from './stored-object.js';
