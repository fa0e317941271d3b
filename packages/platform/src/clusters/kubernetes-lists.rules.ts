/** A list, or a Table of one, as an API server answers it. */
export interface ListAnswer {
  readonly kind?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly items?: readonly unknown[];
  readonly rows?: readonly unknown[];
  readonly [field: string]: unknown;
}

const emptyTable: ListAnswer = {
  kind: 'Table',
  apiVersion: 'meta.k8s.io/v1',
  metadata: {},
  columnDefinitions: [],
  rows: [],
};
const emptyList: ListAnswer = { kind: 'List', apiVersion: 'v1', metadata: {}, items: [] };

/**
 * One list of the lists of several namespaces, in their order. It has no resource version and no continuation: nobody can
 * watch or page on from where several namespaces stood.
 */
export function mergeLists(lists: readonly ListAnswer[], isTable: boolean): ListAnswer {
  const [first = isTable ? emptyTable : emptyList] = lists;
  const content = isTable
    ? { rows: lists.flatMap((list) => list.rows ?? []) }
    : { items: lists.flatMap((list) => list.items ?? []) };
  return { ...first, metadata: {}, ...content };
}

/** `/apis/apps/v1/deployments` → `/apis/apps/v1/namespaces/shop/deployments`; the whole at once, without pages. */
export function toNamespacedPath(path: string, namespace: string): string {
  const [plain = '', search] = path.split('?');
  const at = plain.replace(/\/+$/, '').lastIndexOf('/');
  const query = new URLSearchParams(search);
  for (const name of ['limit', 'continue', 'resourceVersion', 'resourceVersionMatch', 'watch']) query.delete(name);
  const text = query.size > 0 ? `?${query}` : '';
  return `${plain.slice(0, at)}/namespaces/${namespace}${plain.slice(at).replace(/\/+$/, '')}${text}`;
}

/** The namespace that a question about oneself (SelfSubjectAccessReview, …RulesReview) is about, in JSON or protobuf. */
export function findReviewedNamespace(body: Buffer): string | undefined {
  const namespace = body.subarray(0, 4).equals(protobufMark) ? inProtobuf(body.subarray(4)) : inJson(body);
  return typeof namespace === 'string' && namespace !== '' ? namespace : undefined;
}

function inJson(body: Buffer): unknown {
  try {
    const spec = at(JSON.parse(body.toString('utf8')), 'spec');
    return at(spec, 'namespace') ?? at(at(spec, 'resourceAttributes'), 'namespace');
  } catch {
    return undefined;
  }
}

const at = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;

const protobufMark = Buffer.from('k8s\0');

/** `Unknown { typeMeta = 1 { kind = 2 }, raw = 2 { spec = 2 { … = 1 } } }`, as upstream's generated.proto numbers them. */
function inProtobuf(unknown: Buffer): string | undefined {
  const kind = fieldOf(fieldOf(unknown, 1), 2)?.toString('utf8');
  const first = fieldOf(fieldOf(fieldOf(unknown, 2), 2), 1);
  const namespace = kind === 'SelfSubjectRulesReview' ? first : fieldOf(first, 1);
  return namespace?.toString('utf8');
}

/** The last field of this number with a length, as protobuf reads it; undefined where the message has none, or is broken. */
function fieldOf(message: Buffer | undefined, number: number): Buffer | undefined {
  let found: Buffer | undefined;
  let offset = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = message?.[offset++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  while (message && offset < message.length) {
    const key = varint();
    const length = varint();
    if (Number.isNaN(key) || Number.isNaN(length)) return undefined;
    // These messages have numbers (wire type 0, whose value was just read) and what has a length (2), and nothing else.
    if (key % 8 === 0) continue;
    if (key % 8 !== 2 || offset + length > message.length) return undefined;
    if (Math.floor(key / 8) === number) found = message.subarray(offset, offset + length);
    offset += length;
  }
  return found;
}
