type ScimType =
  | 'invalidFilter'
  | 'invalidPath'
  | 'invalidSyntax'
  | 'invalidValue'
  | 'mutability'
  | 'uniqueness'
  | 'tooMany';

const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** A refusal in SCIM's words (RFC 7644 §3.12); the directory's administrator reads `detail`. */
export class ScimError extends Error {
  override readonly name = 'ScimError';

  constructor(
    readonly status: 400 | 401 | 403 | 404 | 409 | 412 | 413 | 429 | 501,
    detail: string,
    readonly scimType?: ScimType,
  ) {
    super(detail);
  }
}

export function toErrorBody(status: number, detail: string, scimType?: string) {
  return { schemas: [errorSchema], status: String(status), ...(scimType && { scimType }), detail };
}
