/** What the API would refuse, in words of the form: keys under `strategy.problems`. */
export type Problem =
  | 'weight'
  | 'percent'
  | 'header'
  | 'key'
  | 'required'
  | 'duration'
  | 'whole'
  | 'name'
  | 'number'
  | 'metrics'
  | 'twice'
  | 'oneCookie'
  | 'endless'
  | 'unmet'
  | 'noSynthetic'
  | 'path'
  | 'notCounted'
  | 'share'
  | 'sticky'
  | 'url'
  | 'timeout';

/** By the path that the API would name. */
export type Problems = Readonly<Record<string, Problem>>;

/** Of a metric, a template, or a route that a step makes. */
export const isStepName = (name: string): boolean => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name);
/** Percent, to a tenth. */
export const isWeight = (typed: string): boolean => /^\d{1,3}(\.\d)?$/.test(typed.trim()) && Number(typed) <= 100;
export const isHeaderName = (name: string): boolean => /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name);
