import { z } from 'zod';

const problemSchema = z.object({
  status: z.number().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
  code: z.string().optional(),
  remedy: z.string().optional(),
  requestId: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), code: z.string().optional(), message: z.string() })).optional(),
});

export interface FieldError {
  /** Dotted path in the request's body, such as `source.url`. */
  readonly path: string;
  readonly message: string;
}

/** An answer of the API that is not a success: RFC 9457 problem details, or what can be said without them. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail?: string,
    readonly remedy?: string,
    readonly requestId?: string,
    readonly fields: readonly FieldError[] = [],
  ) {
    super(title);
    this.name = 'ApiProblem';
  }
}

/** Reads problem details leniently: anything unreadable becomes a problem with the code `unreadable-answer`. */
export function toProblem(body: unknown, status: number): ApiProblem {
  const parsed = problemSchema.safeParse(body);
  if (!parsed.success) return new ApiProblem(status, 'unreadable-answer', `The server answered ${status}`);
  const problem = parsed.data;
  const fields = (problem.errors ?? []).map((error) => ({ path: toDotted(error.path), message: error.message }));
  return new ApiProblem(
    status,
    problem.code ?? 'unknown',
    problem.title ?? `The server answered ${status}`,
    problem.detail,
    problem.remedy,
    problem.requestId,
    fields,
  );
}

/** `/source/url` and `$.source.url` mean `source.url`. */
function toDotted(path: string): string {
  return path.replace(/^(\$\.|\/)/, '').replaceAll('/', '.');
}

export function problemResponse(status: number, code: string, title: string, remedy: string): Response {
  return Response.json(
    { type: 'about:blank', title, status, code, remedy },
    { status, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' } },
  );
}
