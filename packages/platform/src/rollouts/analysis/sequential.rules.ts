/**
 * A test that may be looked at as often as one likes: an e-process. While the candidate is no worse than the share says, the
 * expected value of its evidence is at most 1 at every look, and so (Ville) the chance that it ever reaches 1/α is at most α.
 *
 * Each bad event falls on the candidate with probability p, its share of the requests, if it is as good as the stable release.
 * Against that stand three suspicions: that the odds are θ = 2, 5, 20 times as high. Of n bad events, k of them on the candidate,
 * suspicion θ makes its evidence `θ^k / (1 − p + pθ)^n` times as large. Example: p = 0.05 and θ = 20, each failure on the
 * candidate counts 20 / 1.95 ≈ 10, so three of them in a row make about 1,000 : 1.
 *
 * A release may also turn bad late. So the evidence is a mixture of tests that begin at look 0, 1, 2, … with weights
 * 1/2, 1/6, 1/12, … (they sum to 1); those that have not begun yet count 1 each.
 */
const oddsRatios = [2, 5, 20];
/** Enough for every bound; more would only overflow. */
const most = 1e15;

export interface Evidence {
  /** Looks that told something. */
  readonly looks: number;
  /** By odds ratio: the weighted evidence of the tests that have begun. */
  readonly sums: readonly number[];
}

export const noEvidence: Evidence = { looks: 0, sums: oddsRatios.map(() => 0) };

/** What one look adds: of `events`, so many fell on the candidate (`hits`), where the share `expected` (0…1) would at most. */
export interface Look {
  readonly events: number;
  readonly hits: number;
  readonly expected: number;
}

export function weigh(evidence: Evidence, { events, hits, expected }: Look): Evidence {
  if (events <= 0) return evidence;
  const share = Math.min(1, Math.max(1e-6, expected));
  const weight = 1 / ((evidence.looks + 1) * (evidence.looks + 2));
  const sums = oddsRatios.map((odds, index) => {
    const logarithm = hits * Math.log(odds) - events * Math.log(1 - share + share * odds);
    return Math.min(most, ((evidence.sums[index] ?? 0) + weight) * Math.exp(Math.min(60, logarithm)));
  });
  return { looks: evidence.looks + 1, sums };
}

/** The odds against chance: 1 at the beginning; at 1/α and above the hypothesis is rejected. */
export function oddsOf({ looks, sums }: Evidence): number {
  return sums.reduce((sum, each) => sum + each, 0) / sums.length + 1 / (looks + 1);
}
