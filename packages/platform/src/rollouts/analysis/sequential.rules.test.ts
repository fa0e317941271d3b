import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Evidence, noEvidence, oddsOf, weigh } from './sequential.rules.js';

/** Numbers that look random and are the same in every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

interface Traffic {
  readonly looks: number;
  readonly requestsPerLook: number;
  readonly weight: number;
  readonly stableFails: number;
  /** By the number of the look. */
  readonly candidateFails: (look: number) => number;
}

/** Plays a rollout; how many requests the candidate had when it was rejected at `alpha`, undefined where it was not. */
function play(seed: number, alpha: number, traffic: Traffic): number | undefined {
  const random = randomFrom(seed);
  let evidence: Evidence = noEvidence;
  let seen = 0;
  for (let look = 0; look < traffic.looks; look += 1) {
    let [candidate, hits, events] = [0, 0, 0];
    for (let request = 0; request < traffic.requestsPerLook; request += 1) {
      const isCandidate = random() < traffic.weight;
      const isBad = random() < (isCandidate ? traffic.candidateFails(look) : traffic.stableFails);
      if (isCandidate) candidate += 1;
      if (isBad) events += 1;
      if (isBad && isCandidate) hits += 1;
    }
    seen += candidate;
    evidence = weigh(evidence, { events, hits, expected: candidate / traffic.requestsPerLook });
    if (oddsOf(evidence) >= 1 / alpha) return seen;
  }
  return undefined;
}

const seeds = Array.from({ length: 1_000 }, (_, index) => index + 1);
const alarms = (alpha: number, traffic: Traffic): number =>
  seeds.filter((seed) => play(seed, alpha, traffic) !== undefined).length;
const sameAs = (rate: number) => ({ stableFails: rate, candidateFails: () => rate });
/** Three standard deviations above what is stated: a test with the stated rate passes all but never by chance. */
const bound = (alpha: number): number => seeds.length * alpha + 3 * Math.sqrt(seeds.length * alpha * (1 - alpha));

describe('a candidate that is as good as the stable release', () => {
  it.each([
    [0.001, 0.05],
    [0.02, 0.05],
    [0.02, 0.5],
    [0.3, 0.1],
    [1, 0.05],
  ])(
    'is rejected no more often than stated, with %d failing at weight %d',
    (rate, weight) => {
      const traffic = { looks: 120, requestsPerLook: 40, weight, ...sameAs(rate) };
      expect(alarms(0.1, traffic)).toBeLessThanOrEqual(bound(0.1));
      expect(alarms(0.01, traffic)).toBeLessThanOrEqual(bound(0.01));
    },
    60_000,
  );

  it('is rejected no more often than stated while the weight grows', () => {
    let count = 0;
    for (const seed of seeds) {
      const random = randomFrom(seed);
      let evidence = noEvidence;
      for (let look = 0; look < 120 && oddsOf(evidence) < 20; look += 1) {
        const candidate = Math.round(40 * [0.05, 0.25, 0.5, 1][Math.floor(look / 30)]!);
        const bad = (requests: number) => Array.from({ length: requests }, random).filter((each) => each < 0.05).length;
        const [hits, others] = [bad(candidate), bad(40 - candidate)];
        evidence = weigh(evidence, { events: hits + others, hits, expected: candidate / 40 });
      }
      if (oddsOf(evidence) >= 20) count += 1;
    }
    expect(count).toBeLessThanOrEqual(bound(0.05));
  });
});

describe('a bad candidate', () => {
  const looks = { looks: 600, requestsPerLook: 40, weight: 0.05 };

  it.each([0, 0.001, 0.01])('that always fails is caught within 15 of its requests, beside %d of failures', (rate) => {
    const taken = seeds.map((seed) => play(seed, 0.0025, { ...looks, stableFails: rate, candidateFails: () => 1 }));
    expect(Math.max(...taken.map((each) => each ?? 999))).toBeLessThanOrEqual(15);
  });

  it('that fails every fifth time is caught within 200 of its requests', () => {
    const taken = seeds.map((seed) => play(seed, 0.0025, { ...looks, stableFails: 0.005, candidateFails: () => 0.2 }));
    expect(taken.filter((each) => each !== undefined && each <= 200).length).toBeGreaterThanOrEqual(990);
  });

  it('that turns bad after 300 looks is caught soon all the same', () => {
    const candidateFails = (look: number): number => (look < 300 ? 0.01 : 1);
    const taken = seeds.map((seed) => play(seed, 0.0025, { ...looks, stableFails: 0.01, candidateFails }));
    const before = 300 * 40 * 0.05;
    const late = taken.filter((each) => each === undefined || each > before * 1.2 + 40).length;
    expect(late).toBeLessThanOrEqual(2);
  });
});

describe('the evidence', () => {
  const look = fc.record({
    events: fc.integer({ min: 0, max: 500 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    expected: fc.double({ min: 0, max: 1, noNaN: true }),
  });

  it('is a positive number, whatever is seen', () => {
    fc.assert(
      fc.property(fc.array(look, { maxLength: 50 }), (seen) => {
        let evidence = noEvidence;
        for (const { events, part, expected } of seen)
          evidence = weigh(evidence, { events, hits: Math.floor(events * part), expected });
        expect(Number.isFinite(oddsOf(evidence))).toBe(true);
        expect(oddsOf(evidence)).toBeGreaterThan(0);
      }),
    );
  });

  it('grows by 1 in the mean at most over what one look can show, so that no plan of looks gains anything', () => {
    fc.assert(
      fc.property(
        fc.array(look, { maxLength: 5 }),
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (seen, events, expected) => {
          let evidence = noEvidence;
          for (const each of seen) evidence = weigh(evidence, { ...each, hits: Math.floor(each.events * each.part) });
          let mean = 0;
          for (let hits = 0; hits <= events; hits += 1)
            mean += binomial(events, hits, expected) * oddsOf(weigh(evidence, { events, hits, expected }));
          expect(mean / oddsOf(evidence)).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
    );
  });

  it('says nothing where there is no traffic, or all of it goes to the candidate', () => {
    expect(oddsOf(weigh(noEvidence, { events: 0, hits: 0, expected: 0.5 }))).toBe(1);
    expect(oddsOf(weigh(noEvidence, { events: 50, hits: 50, expected: 1 }))).toBeCloseTo(1);
  });
});

function binomial(events: number, hits: number, share: number): number {
  let ways = 1;
  for (let index = 0; index < hits; index += 1) ways = (ways * (events - index)) / (index + 1);
  return ways * share ** hits * (1 - share) ** (events - hits);
}
