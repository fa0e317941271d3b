/**
 * Who owns which field: metadata.managedFields and server-side apply, by the rules of structured merge.
 *
 * Pure functions over objects and their kind's schema. Sets of paths are held in the form in which they are stored
 * (`field-set.ts`), so that a write that changes nobody's ownership neither reads nor writes them. Nothing here touches
 * the store, and nothing may run twice for one write: `trackChange` notes an ordinary write, `applyTo` makes the object
 * of an apply with its entries already in it.
 */
export { type Apply, applyTo } from './apply.js';
export { applyScale } from './scale.js';
export { type Change, keepTimes, trackChange } from './track.js';
