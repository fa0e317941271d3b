import { Inject, Injectable } from '@nestjs/common';
import { errors, jwtVerify } from 'jose';
import { z } from 'zod';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { IssuerKeys } from './issuer-keys.service.js';

/** The clients of the realm that are ours: a logout token is meant for one of them. */
const clients = ['slipway-portal', 'slipway-cli'];
const skewSeconds = 30;
const longestLifeSeconds = 600;

const event = 'http://schemas.openid.net/event/backchannel-logout';
const claimsSchema = z
  .looseObject({
    sub: z.string().min(1).max(255).optional(),
    sid: z.string().min(1).max(200).optional(),
    jti: z.string().min(1).max(200),
    iat: z.number(),
    exp: z.number(),
    events: z.looseObject({ [event]: z.looseObject({}) }),
    nonce: z.never().optional(),
  })
  .refine(({ sub, sid }) => sub !== undefined || sid !== undefined);

/** Which sessions have ended, by the issuer's word. */
export interface Logout {
  readonly jti: string;
  readonly subject: string | undefined;
  /** One session; without it all of the user's. */
  readonly sid: string | undefined;
  /** After that the token is refused anyway. */
  readonly expiresAt: Date;
}

/** Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.6). That none is used twice, its receiver sees to. */
@Injectable()
export class LogoutTokens {
  constructor(
    private readonly keys: IssuerKeys,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'issuerUrl'>,
  ) {}

  /** Undefined for what is no logout token of the issuer's for us, in its time. Throws 503 where the issuer's keys cannot be had. */
  async verify(text: string): Promise<Logout | undefined> {
    try {
      const { payload } = await jwtVerify(
        text,
        async ({ kid }) => {
          const key = kid === undefined ? undefined : await this.keys.find(kid);
          if (!key) throw new errors.JWKSNoMatchingKey();
          return key;
        },
        {
          algorithms: ['RS256'],
          issuer: this.config.issuerUrl,
          audience: clients,
          clockTolerance: skewSeconds,
          maxTokenAge: longestLifeSeconds,
          currentDate: this.clock.now(),
        },
      );
      const claims = claimsSchema.safeParse(payload).data;
      if (!claims) return undefined;
      const lastsUntil = Math.min(claims.exp, claims.iat + longestLifeSeconds) + skewSeconds;
      return { jti: claims.jti, subject: claims.sub, sid: claims.sid, expiresAt: new Date(lastsUntil * 1000) };
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}
