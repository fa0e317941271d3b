import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { fillTemplates } from '../experiment.rules.js';

/** What a query may name without knowing it: `$namespace`, `$application`, `$candidate` and `$stable` (Services of the slots), `$templates.<name>`. */
export interface QueryNames {
  readonly namespace: string;
  readonly application: string;
  readonly candidate: string;
  readonly stable: string;
  /** Services of an experiment's templates, by name. */
  readonly templates?: Readonly<Record<string, string>>;
}

export type ConfinedQuery = { readonly query: string } | { readonly refusal: string };

const mostSeconds = 24 * 3600;
const unitSeconds: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 7 * 86_400,
  y: 365 * 86_400,
};

/**
 * A tenant's PromQL as it may be asked: every selector, wherever it stands, has `namespace="…"` of the environment. Matchers of one
 * selector are joined by "and", so whatever else it names, another tenant's series is in no answer. Text whose meaning might differ
 * between this parser and Prometheus' own (comments, unknown escapes) is refused, and strings are written anew.
 */
export function confineQuery(text: string, names: QueryNames): ConfinedQuery {
  const source = fillNames(text, names);
  const edits: Edit[] = [];
  for (const node of nodesOf(source)) {
    const refusal = examine(node, source, names.namespace, edits);
    if (refusal !== undefined) return { refusal };
  }
  const query = applyEdits(source, edits);
  // What was written is read once more: nothing is asked that is not seen to be confined.
  const selectors = nodesOf(query).filter(({ name }) => name === 'VectorSelector');
  const own = `{${matcherOf(names.namespace)},`;
  const isConfined = selectors.every((node) => textOf(node.getChild('LabelMatchers'), query).startsWith(own));
  return isConfined ? { query } : { refusal: 'The query cannot be confined to the environment.' };
}

/** Why a query is none, or none that may be asked; undefined where it is good. */
export function refuseQuery(text: string): string | undefined {
  const names = { namespace: 'namespace', application: 'application', candidate: 'candidate', stable: 'stable' };
  const confined = confineQuery(text, names);
  return 'refusal' in confined ? confined.refusal : undefined;
}

/** The names are DNS labels: they end no string and match nothing but themselves. */
const fillNames = (text: string, names: QueryNames): string =>
  fillTemplates(text, names.templates ?? {}).replace(
    /\$(namespace|application|candidate|stable)\b/g,
    (_, name: Exclude<keyof QueryNames, 'templates'>) => names[name],
  );

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

function examine(node: SyntaxNode, source: string, namespace: string, edits: Edit[]): string | undefined {
  const text = textOf(node, source);
  switch (node.name) {
    case '⚠':
      return `No PromQL, at character ${node.from + 1}.`;
    case 'LineComment':
      return 'Comments are not taken.';
    case 'Info':
      return 'info() reads series that it does not name.';
    case 'DurationExpr':
      return refuseDuration(node, text);
    case 'StringLiteral': {
      const value = readString(text);
      if (value === undefined) return `A string with an escape that is not taken, at character ${node.from + 1}.`;
      edits.push({ from: node.from, to: node.to, text: writeString(value) });
      return undefined;
    }
    case 'UnquotedLabelMatcher':
    case 'QuotedLabelMatcher':
      return refuseMatcher(node, source, namespace);
    case 'VectorSelector': {
      const matchers = node.getChild('LabelMatchers');
      const at = matchers ? matchers.from : node.to;
      const matcher = matcherOf(namespace);
      edits.push(
        matchers ? { from: at, to: at + 1, text: `{${matcher},` } : { from: at, to: at, text: `{${matcher},}` },
      );
      return undefined;
    }
    default:
      return undefined;
  }
}

const matcherOf = (namespace: string): string => `namespace=${writeString(namespace)}`;

function refuseMatcher(node: SyntaxNode, source: string, namespace: string): string | undefined {
  const label = node.firstChild;
  const name = label?.name === 'QuotedLabelName' ? readString(textOf(label, source)) : textOf(label, source);
  if (name !== 'namespace') return undefined;
  const isOwn =
    node.getChild('MatchOp')?.firstChild?.name === 'EqlSingle' &&
    readString(textOf(node.getChild('StringLiteral'), source)) === namespace;
  return isOwn ? undefined : 'The namespace is set for you: leave it out, or write namespace="$namespace".';
}

/** What is looked at is bounded: the series are everybody's, and so is the time to read them. */
function refuseDuration(node: SyntaxNode, text: string): string | undefined {
  const seconds = secondsOf(text);
  const isStep = node.prevSibling?.name === 'DurationExpr';
  if (seconds === undefined) return `A range or a step is a duration such as 5m, at character ${node.from + 1}.`;
  if (seconds > mostSeconds) return 'A range is a day at most.';
  return isStep && seconds < 1 ? 'The step of a subquery is a second at least.' : undefined;
}

function secondsOf(text: string): number | undefined {
  if (!/^(\d{1,9}(ms|[smhdwy]))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwy])/g)];
  return parts.reduce((sum, [, digits, unit = '']) => sum + Number(digits) * (unitSeconds[unit] ?? 0), 0);
}

function readString(literal: string): string | undefined {
  const quote = literal[0] ?? '';
  if (literal.length < 2 || !literal.endsWith(quote)) return undefined;
  const inner = literal.slice(1, -1);
  if (quote === '`') return inner;
  if (!/^([^\\]|\\[\\"'nt])*$/.test(inner)) return undefined;
  return inner.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped === 't' ? '\t' : escaped));
}

const writeString = (value: string): string =>
  `"${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n').replace(/\t/g, '\\t')}"`;

function nodesOf(source: string): readonly SyntaxNode[] {
  const nodes: SyntaxNode[] = [];
  parser.parse(source).iterate({
    enter: ({ node }) => {
      nodes.push(node);
    },
  });
  return nodes;
}

const textOf = (node: SyntaxNode | null, source: string): string => (node ? source.slice(node.from, node.to) : '');

function applyEdits(source: string, edits: readonly Edit[]): string {
  const ordered = [...edits].sort((a, b) => b.from - a.from);
  return ordered.reduce((text, { from, to, text: by }) => text.slice(0, from) + by + text.slice(to), source);
}
