import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  approve,
  end,
  type Outcome,
  pass,
  type RequestFacts,
  reject,
  review,
  type Vote,
  withdraw,
} from './requests.rules.js';

const now = new Date('2026-03-01T12:00:00Z');
const at = (hours: number) => new Date(now.getTime() + hours * 3_600_000);
const vote = (actorId: string, principalId = actorId): Vote => ({ actorId, principalId });
const facts = (change: Partial<RequestFacts> = {}): RequestFacts => ({
  state: 'pending',
  requesterId: 'asker',
  approvalsNeeded: 1,
  approvals: [],
  expiresAt: at(1),
  endsAt: null,
  review: null,
  ...change,
});
const by = (actorId: string, ...principals: string[]) => ({
  actorId,
  principals: principals.length > 0 ? principals : [actorId],
});
const stranger = (actorId: string) => ({ actorId, principals: [] });
const say = (outcome: Outcome) => outcome.refusal ?? `${outcome.state} ${outcome.effect}`;

describe('an approval', () => {
  it.each<[string, RequestFacts, Parameters<typeof approve>[1], string]>([
    ['of the only one needed grants', facts(), by('a'), 'approved grant'],
    ['of the first of two waits', facts({ approvalsNeeded: 2 }), by('a'), 'pending none'],
    ['of the second of two grants', facts({ approvalsNeeded: 2, approvals: [vote('a')] }), by('b'), 'approved grant'],
    [
      'twice by one is refused',
      facts({ approvalsNeeded: 2, approvals: [vote('a')] }),
      by('a'),
      'request-decided-by-you',
    ],
    ['of one’s own is refused', facts(), by('asker'), 'request-own'],
    ['of one’s own for somebody else is refused', facts(), by('asker', 'a'), 'request-own'],
    ['by the right of the asker is refused', facts(), by('b', 'asker'), 'request-own'],
    ['by a delegate counts', facts(), by('b', 'a'), 'approved grant'],
    ['by an approver who is a delegate too uses his own right', facts(), by('b', 'b', 'asker'), 'approved grant'],
    [
      'by a delegate adds nothing to that of whom he stands for',
      facts({ approvalsNeeded: 2, approvals: [vote('a')] }),
      by('b', 'a'),
      'request-decided-by-you',
    ],
    [
      'by one whose delegate has approved adds nothing',
      facts({ approvalsNeeded: 2, approvals: [vote('b', 'a')] }),
      by('a'),
      'request-decided-by-you',
    ],
    [
      'by somebody who has approved for another is one person twice',
      facts({ approvalsNeeded: 2, approvals: [vote('b', 'a')] }),
      by('b'),
      'request-decided-by-you',
    ],
    ['of a stranger is refused', facts(), stranger('x'), 'request-not-yours'],
    ['after its time is refused', facts({ expiresAt: now }), by('a'), 'request-over'],
    ['of what is rejected is refused', facts({ state: 'rejected' }), by('a'), 'request-over'],
    ['of what is approved is refused', facts({ state: 'approved' }), by('a'), 'request-over'],
  ])('%s', (_, request, decider, wanted) => expect(say(approve(request, decider, now))).toBe(wanted));
});

describe('the other decisions', () => {
  it.each<[string, Outcome, string]>([
    [
      'one rejection ends, whoever has approved',
      reject(facts({ approvalsNeeded: 2, approvals: [vote('a')] }), by('b'), now),
      'rejected none',
    ],
    [
      'who has approved may still reject',
      reject(facts({ approvalsNeeded: 2, approvals: [vote('a')] }), by('a'), now),
      'rejected none',
    ],
    ['nobody rejects his own', reject(facts(), by('asker'), now), 'request-own'],
    ['the asker withdraws', withdraw(facts(), 'asker', now), 'withdrawn none'],
    ['nobody else withdraws', withdraw(facts(), 'a', now), 'request-not-yours'],
    ['what is decided is not withdrawn', withdraw(facts({ state: 'approved' }), 'asker', now), 'request-over'],
    ['the asker gives a grant back', end(facts({ state: 'approved' }), by('asker')), 'ended end'],
    ['an approver takes a grant back', end(facts({ state: 'approved' }), by('a')), 'ended end'],
    ['a stranger does not', end(facts({ state: 'approved' }), stranger('x')), 'request-not-yours'],
    ['what was never granted does not end', end(facts(), by('a')), 'request-not-in-force'],
    ['another reviews a broken glass', review(facts({ state: 'approved', review: 'due' }), by('a')), 'approved none'],
    ['also after it has ended', review(facts({ state: 'ended', review: 'due' }), by('a')), 'ended none'],
    ['nobody reviews his own', review(facts({ state: 'approved', review: 'due' }), by('asker')), 'request-own'],
    ['once', review(facts({ state: 'approved', review: 'justified' }), by('a')), 'request-review-not-due'],
  ])('%s', (_, outcome, wanted) => expect(say(outcome)).toBe(wanted));
});

it.each<[RequestFacts, string | undefined]>([
  [facts(), undefined],
  [facts({ expiresAt: now }), 'expire'],
  [facts({ state: 'approved', expiresAt: now }), undefined],
  [facts({ state: 'approved', endsAt: at(1) }), undefined],
  [facts({ state: 'approved', endsAt: now }), 'end'],
  [facts({ state: 'ended', endsAt: now }), undefined],
])('time alone: %#', (request, wanted) => expect(pass(request, now)).toBe(wanted));

describe('whatever happens in whatever order', () => {
  const people = ['asker', 'a', 'b', 'c', 'd'];
  const step = fc.record({
    verb: fc.constantFrom('approve', 'approve', 'approve', 'reject', 'withdraw', 'end', 'pass'),
    actor: fc.constantFrom(...people),
    principals: fc.uniqueArray(fc.constantFrom(...people), { maxLength: 4 }),
    hours: fc.integer({ min: 0, max: 2 }),
  });

  it('is granted at most once, never by the asker, and by exactly the quorum of different people and rights', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 30 }), (approvalsNeeded, steps) => {
        let request = facts({ approvalsNeeded, expiresAt: at(10), endsAt: null });
        let [clock, grants, ends] = [0, 0, 0];
        for (const { verb, actor, principals, hours } of steps) {
          clock += hours;
          const decider = { actorId: actor, principals };
          if (verb === 'pass') {
            const what = pass(request, at(clock));
            if (what === 'expire') request = { ...request, state: 'expired' };
            continue;
          }
          const outcome =
            verb === 'approve'
              ? approve(request, decider, at(clock))
              : verb === 'reject'
                ? reject(request, decider, at(clock))
                : verb === 'withdraw'
                  ? withdraw(request, actor, at(clock))
                  : end(request, decider);
          if (outcome.refusal !== undefined) continue;
          if (verb === 'approve') {
            request = { ...request, approvals: [...request.approvals, vote(actor, outcome.principalId ?? '')] };
          }
          request = { ...request, state: outcome.state };
          if (outcome.effect === 'grant') {
            grants++;
            const { approvals } = request;
            expect(approvals).toHaveLength(approvalsNeeded);
            expect(clock).toBeLessThan(10);
            for (const one of [approvals.map((each) => each.actorId), approvals.map((each) => each.principalId)]) {
              expect(new Set(one).size).toBe(approvalsNeeded);
              expect(one).not.toContain('asker');
            }
          }
          if (outcome.effect === 'end') ends++;
        }
        expect(grants).toBeLessThanOrEqual(1);
        expect(ends).toBeLessThanOrEqual(grants);
      }),
      { numRuns: 2_000 },
    );
  });
});
