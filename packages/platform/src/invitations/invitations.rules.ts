export type InvitationState = 'open' | 'accepted' | 'revoked' | 'expired';

export const tokenPrefix = 'slp_inv_';

export interface InvitationFacts {
  readonly acceptedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly expiresAt: Date;
}

export function stateOf({ acceptedAt, revokedAt, expiresAt }: InvitationFacts, now: Date): InvitationState {
  if (acceptedAt) return 'accepted';
  if (revokedAt) return 'revoked';
  return now < expiresAt ? 'open' : 'expired';
}

/** The link leads to the portal; what follows the `#` is sent to no server, and stands in no log. */
export const toLink = (portalUrl: string, token: string): string =>
  `${portalUrl.replace(/\/+$/, '')}/invitations#${token}`;

/** The mail, in the receiver's language. */
export function toMailText(
  locale: 'en' | 'zh',
  invitation: { invitedBy: string; place: string; role: string; message: string; days: number },
): { subject: string; paragraphs: string[]; label: string } {
  const { invitedBy, place, role, message, days } = invitation;
  const quoted = message ? [message] : [];
  return locale === 'zh'
    ? {
        subject: `${invitedBy} 邀请您加入 ${place}`,
        paragraphs: [
          `${invitedBy} 邀请您以 ${role} 角色加入 ${place}。`,
          ...quoted,
          `链接在 ${days} 天内有效，只能使用一次。`,
        ],
        label: '接受邀请',
      }
    : {
        subject: `${invitedBy} invites you to ${place}`,
        paragraphs: [
          `${invitedBy} invites you to join ${place} with the role ${role}.`,
          ...quoted,
          `The link works once, within ${days} days.`,
        ],
        label: 'Accept the invitation',
      };
}
