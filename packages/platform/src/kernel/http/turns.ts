import { Injectable } from '@nestjs/common';
import type { NextFunction } from 'express';
import { Clock } from '../clock/clock.js';
import { fail } from '../errors/kernel.errors.js';
import { hashToken } from '../ids/ids.js';
import type { ProblemFilter } from './problem.filter.js';
import type { Request, Response } from './route.js';

/** So many requests of one client are worked on at a time; what it asks beyond that waits behind them. */
const atOnce = 4;
/** A client with more than so many waiting floods, or that asked for so much lately: while others are about, theirs go first. */
const flooding = { waiting: 2, heat: 20 };
/** What was asked so long ago counts for a third. */
const coolingMilliseconds = 1000;
/** So long a client that floods waits for others at most; then it has one at a time. */
const heldMilliseconds = 100;
const mostWaiting = 200;
/** A client whose bucket is empty is refused for so long without another look: what flowed in meanwhile is a small sip. */
const restMilliseconds = 250;
/** Others are about for so long after each of their requests. */
const aboutMilliseconds = 1000;
/** What takes longer waits for others (a cluster, a stream, an upload) and no more for this process. */
const turnMilliseconds = 500;

interface Client {
  readonly who: string;
  busy: number;
  readonly waiting: (() => void)[];
  begunAt: number;
}

/**
 * One thread answers all: without turns, who asks ten times as often gets ten times as much of it, and everybody else waits
 * behind them. Clients are told apart before anything is read for them, by their bearer or else by their address.
 */
@Injectable()
export class Turns {
  private readonly clients = new Map<string, Client>();
  private readonly resting = new Map<string, number>();
  /** How much each client asked for lately, when it last did. */
  private readonly heats = new Map<string, { readonly heat: number; readonly at: number }>();
  private sweptAt = 0;
  /** The last two clients that asked, and when: whichever of them is another one says whether others are about. */
  private latest = { who: '', at: Number.NEGATIVE_INFINITY };
  private before = this.latest;

  constructor(private readonly clock: Clock) {}

  /** Resolves when it is the client's turn, with what ends it; throws 429 where it rests, or too many of its requests wait. */
  async take(who: string): Promise<() => void> {
    this.refuseResting(who);
    const now = this.now();
    if (this.latest.who !== who) this.before = this.latest;
    this.latest = { who, at: now };
    this.warm(who, now);
    const client = this.clients.get(who) ?? { who, busy: 0, waiting: [], begunAt: now };
    this.clients.set(who, client);
    if (client.waiting.length >= mostWaiting) {
      const detail = `${mostWaiting} requests of this client wait already.`;
      throw fail('too-many-requests', { detail, retryAfterSeconds: 1 });
    }
    const turn = new Promise<void>((begin) => client.waiting.push(begin));
    this.begin(client);
    await turn;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      client.busy -= 1;
      for (const each of this.clients.values()) this.begin(each);
      if (client.busy === 0 && client.waiting.length === 0) this.clients.delete(who);
    };
  }

  /** Its bucket is empty: for a moment it is refused before anything is asked for it. */
  rest(who: string): void {
    const now = this.now();
    for (const [each, until] of this.resting) if (until <= now) this.resting.delete(each);
    this.resting.set(who, now + restMilliseconds);
  }

  private warm(who: string, now: number): void {
    const { heat, at } = this.heats.get(who) ?? { heat: 0, at: now };
    this.heats.set(who, { heat: heat * Math.exp((at - now) / coolingMilliseconds) + 1, at: now });
    if (now - this.sweptAt < 10 * coolingMilliseconds) return;
    this.sweptAt = now;
    for (const [each, last] of this.heats) if (now - last.at > 5 * coolingMilliseconds) this.heats.delete(each);
  }

  private refuseResting(who: string): void {
    const until = this.resting.get(who);
    if (until === undefined) return;
    if (until > this.now())
      throw fail('too-many-requests', { detail: 'The rate limit of this client is used up.', retryAfterSeconds: 1 });
    this.resting.delete(who);
  }

  private begin(client: Client): void {
    while (client.waiting.length > 0 && client.busy < this.placesOf(client)) {
      client.busy += 1;
      client.begunAt = this.now();
      client.waiting.shift()?.();
    }
  }

  private placesOf(client: Client): number {
    if (!this.isFlooding(client)) return atOnce;
    const now = this.now();
    const other = this.latest.who === client.who ? this.before : this.latest;
    if (now - other.at >= aboutMilliseconds) return atOnce;
    const isHeld = now - client.begunAt < heldMilliseconds && this.areOthersBusy(client);
    return isHeld ? 0 : 1;
  }

  private areOthersBusy(client: Client): boolean {
    for (const other of this.clients.values())
      if (other !== client && other.busy > 0 && !this.isFlooding(other)) return true;
    return false;
  }

  private isFlooding({ who, waiting }: Client): boolean {
    return waiting.length > flooding.waiting || (this.heats.get(who)?.heat ?? 0) > flooding.heat;
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}

export function takeTurns(turns: Turns, filter: ProblemFilter) {
  return (request: Request, response: Response, next: NextFunction): void => {
    turns.take(whoAsks(request)).then(
      (end) => {
        const timer = setTimeout(end, turnMilliseconds);
        response.once('close', () => {
          clearTimeout(timer);
          end();
        });
        if (response.closed) end();
        else next();
      },
      (error: unknown) => filter.answer(error, request, response),
    );
  };
}

/** Whom turns are given to; known before anything is read. */
export function whoAsks(request: Pick<Request, 'headers' | 'ip'>): string {
  const { authorization } = request.headers;
  return authorization ? hashToken(authorization) : `address:${request.ip ?? 'unknown'}`;
}
